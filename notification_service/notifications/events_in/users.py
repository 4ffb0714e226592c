"""Messages of the user service: contact data to copy, and notifications about the account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.codec import data_of
from chassis.core.messages import reads
from chassis.inbox.handlers import Context
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from chassis.transactions import after_commit
from notifications.commands.contacts import delete_choices, mark_email_verified, record_contact
from notifications.commands.notifications import notify
from notifications.providers import socket_groups


@reads("user.registered.v1")
class UserRegistered:
    user_id: UUID
    email: str
    name: str = ""
    locale: str = ""


@reads("user.profile_changed.v1")
class ProfileChanged:
    user_id: UUID
    email: str
    name: str = ""
    locale: str = ""
    phone: str = ""


@reads("user.email_verified.v1")
class EmailVerified:
    user_id: UUID
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLink:
    """The fields of an event that asks for a mail with a link that gives access to an account."""

    user_id: UUID
    email: str
    sealed_token: str
    expires_at: datetime
    name: str = ""


@reads("user.verification_requested.v1", "user.claim_requested.v1")
class VerificationRequested(AccountLink):
    """The address of a new account is to be verified."""


@reads("user.password_reset_requested.v1")
class PasswordResetRequested(AccountLink):
    """The user forgot the password."""


@reads("user.staff_invited.v1")
class StaffInvited(AccountLink):
    """A new member of staff is to choose a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotice:
    """The fields of an event that asks for a mail about the account."""

    user_id: UUID
    email: str
    name: str = ""


@reads("user.password_changed.v1")
class PasswordChanged(AccountNotice):
    """The password was changed."""


@reads("user.registration_attempted.v1")
class RegistrationAttempted(AccountNotice):
    """Someone tried to register with the address of an existing account."""


@reads("user.session_replayed.v1")
class SessionReplayed:
    user_id: UUID
    email: str
    session_id: UUID
    name: str = ""
    user_agent: str = ""


@reads("user.claimed.v1")
class UserClaimed:
    user_id: UUID


AccountUpdate = AccountLink | AccountNotice | SessionReplayed


def on_user_registered(message: UserRegistered, context: Context) -> None:
    _record(message, context, name=message.name, locale=message.locale)


def on_profile_changed(message: ProfileChanged, context: Context) -> None:
    _record(message, context, name=message.name, locale=message.locale, phone=message.phone)


def on_verification_requested(message: VerificationRequested, context: Context) -> None:
    _notify("email_verification", message, context, source=_fingerprint(message.sealed_token))


def on_email_verified(message: EmailVerified, context: Context) -> None:
    mark_email_verified(user_id=message.user_id, email=message.email, version=context.version, now=context.now)
    notify("welcome", user_id=message.user_id, source=str(message.user_id), facts={}, now=context.now)


def on_password_reset_requested(message: PasswordResetRequested, context: Context) -> None:
    _notify("password_reset", message, context, source=_fingerprint(message.sealed_token))


def on_staff_invited(message: StaffInvited, context: Context) -> None:
    _notify("staff_invited", message, context, source=_fingerprint(message.sealed_token))


def on_password_changed(message: PasswordChanged, context: Context) -> None:
    # The event has no id of the change; two changes within one minute are one mail.
    _notify("password_changed", message, context, source=f"{context.sent_at:%Y-%m-%dT%H:%M}")


def on_registration_attempted(message: RegistrationAttempted, context: Context) -> None:
    # At most one an hour, so that nobody can flood another person's mailbox.
    _notify("registration_attempted", message, context, source=f"{context.sent_at:%Y-%m-%dT%H}")


def on_session_replayed(message: SessionReplayed, context: Context) -> None:
    _notify("session_replayed", message, context, source=str(message.session_id))


def on_user_claimed(message: UserClaimed, context: Context) -> None:
    delete_choices(user_id=message.user_id)


def on_user_sessions_ended(message: SessionsEnded, context: Context) -> None:
    on_sessions_ended(message, context)
    after_commit(partial(socket_groups.wake, UUID(context.subject)))  # open sockets check their session and close


def _record(message: UserRegistered | ProfileChanged, context: Context, **copied: str) -> None:
    record_contact(user_id=message.user_id, version=context.version, now=context.now, email=message.email, **copied)


def _notify(
    kind: str, message: AccountLink | AccountNotice | SessionReplayed, context: Context, *, source: str
) -> None:
    facts = {**data_of(message), "asked_at": context.sent_at.isoformat()}
    notify(kind, user_id=message.user_id, source=source, facts=facts, email=message.email, now=context.now)


def _fingerprint(sealed: str) -> str:
    return hashlib.sha256(sealed.encode()).hexdigest()[:32]


USERS = (
    (UserRegistered, on_user_registered),
    (ProfileChanged, on_profile_changed),
    (VerificationRequested, on_verification_requested),
    (UserClaimed, on_user_claimed),
    (EmailVerified, on_email_verified),
    (PasswordResetRequested, on_password_reset_requested),
    (StaffInvited, on_staff_invited),
    (PasswordChanged, on_password_changed),
    (RegistrationAttempted, on_registration_attempted),
    (SessionReplayed, on_session_replayed),
    (SessionsEnded, on_user_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
