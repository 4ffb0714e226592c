"""Filters of the mail templates: money in the reader's locale, times in the reader's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from django import template

from chassis.core.money import Money, exponent

register = template.Library()

#: The texts are English; so are the names of days and months in them.
TEXTS = Locale("en", "GB")


@register.filter
def money(value: Mapping[str, Any] | None, locale: str = "") -> str:
    """Format money: `{"amount": 123450, "currency": "EUR"}` for "de-DE" is 1.234,50 €."""
    if not value:
        return ""
    return _money(int(value["amount"]), str(value["currency"]), locale)


@lru_cache(maxsize=1024)  # a mail says each amount twice, as HTML and as text
def _money(minor: int, currency: str, locale: str) -> str:
    """Format with all decimals of the currency; babel would drop those in rare use."""
    place, decimals = locale_of(locale), exponent(currency)
    pattern = copy(place.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return str(pattern.apply(Money(minor, currency).major, place, currency=currency, currency_digits=False))


@register.filter
def moment(value: str | datetime | None, zone: str = "") -> str:
    """Format a time as "Monday, 3 March at 15:05 CET", in the reader's time zone or UTC."""
    at = _parsed(value)
    if at is None:
        return ""
    local = at.astimezone(zone_of(zone))
    name = local.tzname() or ""
    words: str = format_datetime(local, "EEEE, d MMMM 'at' HH:mm", tzinfo=local.tzinfo, locale=TEXTS)
    return f"{words} {name if name.isalpha() else f'UTC{name}'}"


@register.filter
def day(value: str | datetime | None, zone: str = "") -> str:
    """Format a date as "Monday, 3 March", in the reader's time zone or UTC."""
    at = _parsed(value)
    return format_datetime(at, "EEEE, d MMMM", tzinfo=zone_of(zone), locale=TEXTS) if at else ""


@register.filter
def country(code: str) -> str:
    """Return the country's name in the language of the texts."""
    return str(TEXTS.territories.get(str(code).upper(), code))


@register.filter
def initial(value: str) -> str:
    """Return the letter shown in place of a picture."""
    return next((c.upper() for c in str(value) if c.isalnum()), "·")


@register.filter
def tint(value: str) -> str:
    """Return one of a few soft colors, the same one for the same name."""
    return TINTS[sum(map(ord, str(value))) % len(TINTS)]


TINTS = ("#f6e3d0", "#dcebe4", "#e6e1f2", "#f7e1e0", "#dfeaf4", "#f3ecc9")


@lru_cache(maxsize=64)
def locale_of(name: str) -> Locale:
    """Return the locale; British English if it is unknown."""
    try:
        return Locale.parse(name.replace("-", "_")) if name else TEXTS
    except (ValueError, UnknownLocaleError, TypeError):
        return TEXTS


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """Return the time zone; UTC if it is unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder
        return UTC


def _parsed(value: str | datetime | None) -> datetime | None:
    if not value:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)
