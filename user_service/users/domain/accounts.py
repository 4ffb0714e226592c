"""Accounts: what counts as the same e-mail address, and the ways to say no."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind
from chassis.values.mailboxes import mailbox_key


class MailPurpose(StrEnum):
    """What a secret in a mail allows its holder to do, once."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 (a purpose, not a password)
    INVITE_STAFF = "invite_staff"


#: How long such a secret is good.
LIFETIME_OF_MAIL_TOKEN = {
    MailPurpose.VERIFY_EMAIL: timedelta(hours=24),
    MailPurpose.RESET_PASSWORD: timedelta(hours=1),
    MailPurpose.INVITE_STAFF: timedelta(days=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody registered with while the address was in use, and not proven by anybody.

    Whoever opens the link in the mail holds the mailbox, and gets the account with these.
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
    """Return the form by which accounts are told apart: two addresses with one key are one account.

    Mail always goes to the address as its owner wrote it, never to one that merely has the same key.
    """
    return mailbox_key(email)


def normal_password(password: str) -> str:
    """The one form in which a password is hashed: what looks the same on every keyboard is the same."""
    return unicodedata.normalize("NFKC", password)
