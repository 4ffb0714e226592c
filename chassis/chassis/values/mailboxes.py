"""Validation of e-mail addresses."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from chassis.values.errors import InvalidValue

#: RFC 5321, 4.5.3.1.3: what fits between < and >.
LONGEST_EMAIL = 254


def email(text: str) -> str:
    """Return the address with its domain in Unicode and lower case.

    The part before the @ is ASCII, since mail servers without SMTPUTF8 (RFC 6531) take no other.
    """
    return _validated(text).normalized


def mailbox_key(text: str) -> str:
    """Return the form in which two spellings of one mailbox are equal: lower case, the domain in ASCII (IDNA)."""
    plain = unicodedata.normalize("NFKC", text.strip())
    try:
        found = _validated(plain)
    except InvalidValue:
        return plain.casefold()
    return (found.ascii_email or found.normalized).casefold()


def _validated(text: str) -> ValidatedEmail:
    try:
        # `test_environment`: the domains that RFC 6761 reserves for tests are as good as others.
        return validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise InvalidValue(f"Enter a valid e-mail address. {error}", "invalid_email") from None
