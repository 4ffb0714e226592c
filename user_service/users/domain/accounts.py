"""Accounts: identity of e-mail addresses, mailed secrets, and errors."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind
from chassis.values.mailboxes import mailbox_key


class MailPurpose(StrEnum):
    """The action that a mailed secret authorizes, once."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 (a purpose, not a password)
    INVITE_STAFF = "invite_staff"


#: How long a mailed secret is valid.
MAIL_TOKEN_LIFETIMES = {
    MailPurpose.VERIFY_EMAIL: timedelta(hours=24),
    MailPurpose.RESET_PASSWORD: timedelta(hours=1),
    MailPurpose.INVITE_STAFF: timedelta(days=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A registration for an address that is in use but not verified.

    Whoever opens the mailed link holds the mailbox, and gets the account with these values.
    """

    email: str
    name: str
    locale: str
    encoded: str


class SignInRefused(DomainError):
    """E-mail address or password is wrong."""

    code, kind = "sign_in_refused", Kind.UNAUTHENTICATED


class MailTokenNotValid(DomainError):
    """This link has been used, has expired, or was never ours; ask for a new one."""

    code, kind = "mail_token_not_valid", Kind.INVALID


class WeakPassword(DomainError):
    """This password is too easy to guess."""

    code, kind = "weak_password", Kind.INVALID


class WrongPassword(DomainError):
    """The password is wrong."""

    code, kind = "wrong_password", Kind.FORBIDDEN


class StaffAccountNotDeletable(DomainError):
    """A staff account is closed by another member of staff, not by its owner."""

    code, kind = "staff_account_not_deletable", Kind.CONFLICT


class LastSuperuser(DomainError):
    """This is the only superuser left; make another one first."""

    code, kind = "last_superuser", Kind.CONFLICT


class EmailTaken(DomainError):
    """An account with this e-mail address exists. Shown to staff only, never by the public API."""

    code, kind = "email_taken", Kind.CONFLICT


def email_key(email: str) -> str:
    """Return the key of an address: two addresses with the same key are one account.

    Mail goes to the address as its owner wrote it, never to another one with the same key.
    """
    return mailbox_key(email)


def normalize_password(password: str) -> str:
    """Return the form that is hashed (Unicode NFKC), so that the same text matches from every keyboard."""
    return unicodedata.normalize("NFKC", password)
