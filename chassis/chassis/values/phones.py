"""Telephone numbers, by the numbering plans in Google's libphonenumber."""

from __future__ import annotations

import phonenumbers

from chassis.values.errors import InvalidValue


def phone(text: str, *, country: str | None = None) -> str:
    """Return the number as E.164 ("+431234567"), or "" for blank. Without + it is read as a number of `country`."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise InvalidValue("Write the number with + and the code of the country: +43 1 234567.", "invalid_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
