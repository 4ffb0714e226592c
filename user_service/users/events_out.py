"""Every event and command that this service sends."""

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


@event("user.registered.v1", subject="user_id")
class UserRegistered:
    """An account was created; its mailbox is not verified yet."""

    user_id: UUID
    email: str
    name: str
    locale: str


@event("user.registration_attempted.v1", subject="user_id")
class RegistrationAttempted:
    """Somebody tried to register with the address of this account. Only its owner is notified."""

    user_id: UUID
    email: str
    name: str


@event("user.verification_requested.v1", subject="user_id")
class VerificationRequested:
    """A link to verify the mailbox is to be mailed.

    `sealed_token` is valid once, until `expires_at`; only the sender of the mail can open it.
    """

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.claim_requested.v1", subject="user_id")
class ClaimRequested:
    """Somebody registered with an address that is in use but not verified.

    `sealed_token` verifies the mailbox and gives the account to its holder. It is valid once, until `expires_at`; only
    the sender of the mail can open it.
    """

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.claimed.v1", subject="user_id")
class UserClaimed:
    """The account now belongs to the holder of its mailbox. Delete what the previous user stored in it."""

    user_id: UUID


@event("user.email_verified.v1", subject="user_id")
class EmailVerified:
    """The user proved to own this mailbox."""

    user_id: UUID
    email: str


@event("user.profile_changed.v1", subject="user_id")
class ProfileChanged:
    """The whole profile as it is now. Consumers keep the one with the highest `aggregateversion`."""

    user_id: UUID
    email: str
    name: str
    locale: str
    phone: str


@event("user.password_reset_requested.v1", subject="user_id")
class PasswordResetRequested:
    """A link to choose a new password is to be mailed.

    `sealed_token` is valid once, until `expires_at`; only the sender of the mail can open it.
    """

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.staff_invited.v1", subject="user_id")
class StaffInvited:
    """A staff account was created. `sealed_token` lets its owner choose a password, once, until `expires_at`."""

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.password_changed.v1", subject="user_id")
class PasswordChanged:
    """The password of the account was changed."""

    user_id: UUID
    email: str
    name: str


#: The most sessions in one message; more of them make more messages.
MAX_ENDED_SESSIONS = 500


@event("user.sessions_ended.v1", subject="user_id")
class SessionsEnded:
    """These sessions have ended: refuse their tokens from now on, although they have not expired.

    `reason`: signed_out, signed_out_everywhere, revoked, replayed, password_changed, password_reset,
    rights_changed, deactivated, deleted, staff.
    """

    user_id: UUID
    session_ids: tuple[UUID, ...]
    reason: str
    ended_at: datetime


@event("user.session_replayed.v1", subject="user_id")
class SessionReplayed:
    """A refresh token was used twice, so it was copied and its session was ended. The owner is notified."""

    user_id: UUID
    email: str
    name: str
    session_id: UUID
    user_agent: str


@event("user.deleted.v1", subject="user_id")
class UserDeleted:
    """The account was deleted: erase the data of this person and report it with `erasure.report.v1`."""

    user_id: UUID


@event("personal_data.export_requested.v1", subject="export_id")
class ExportRequested:
    """A person requested a copy of their data: contribute yours with `export.contribute.v1`."""

    export_id: UUID
    user_id: UUID


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """The data of a person that this service has erased, anonymized, and retained with a reason."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of the data that this service holds about a person, for that person's export."""
