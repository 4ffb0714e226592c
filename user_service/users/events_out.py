"""Every event and command that this service sends."""

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


@event("user.registered.v1", subject="user_id")
class UserRegistered:
    user_id: UUID
    email: str
    name: str
    locale: str


@event("user.registration_attempted.v1", subject="user_id")
class RegistrationAttempted:
    """Somebody tried to register with the address of this account; its owner is told, nobody else."""

    user_id: UUID
    email: str
    name: str


@event("user.verification_requested.v1", subject="user_id")
class VerificationRequested:
    """`sealed_token` proves the mailbox, once, until `expires_at`; only who sends the mail opens it."""

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.claim_requested.v1", subject="user_id")
class ClaimRequested:
    """Somebody registered with an address that is in use and not proven. `sealed_token` proves the mailbox, once, until
    `expires_at`, and makes the account that of its holder; only who sends the mail opens it.
    """

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.claimed.v1", subject="user_id")
class UserClaimed:
    """Who holds the mailbox has the account from now on; what was left in it by whoever had it before is forgotten."""

    user_id: UUID


@event("user.email_verified.v1", subject="user_id")
class EmailVerified:
    user_id: UUID
    email: str


@event("user.profile_changed.v1", subject="user_id")
class ProfileChanged:
    user_id: UUID
    email: str
    name: str
    locale: str
    phone: str


@event("user.password_reset_requested.v1", subject="user_id")
class PasswordResetRequested:
    """`sealed_token` allows a new password, once, until `expires_at`; only who sends the mail opens it."""

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.staff_invited.v1", subject="user_id")
class StaffInvited:
    """A staff account was made; `sealed_token` lets its owner choose the password, once, until `expires_at`."""

    user_id: UUID
    email: str
    name: str
    sealed_token: str
    expires_at: datetime


@event("user.password_changed.v1", subject="user_id")
class PasswordChanged:
    user_id: UUID
    email: str
    name: str


#: A message names at most so many sessions; more of them make more messages.
MOST_ENDED_SESSIONS = 500


@event("user.sessions_ended.v1", subject="user_id")
class SessionsEnded:
    """Tokens of these sessions are to be refused from now on, although they have not expired.

    `reason`: signed_out, signed_out_everywhere, revoked, replayed, password_changed, password_reset,
    rights_changed, deactivated, deleted, staff.
    """

    user_id: UUID
    session_ids: tuple[UUID, ...]
    reason: str
    ended_at: datetime


@event("user.session_replayed.v1", subject="user_id")
class SessionReplayed:
    """A refresh token was used a second time: somebody has a copy, so the session was ended. Its owner is told."""

    user_id: UUID
    email: str
    name: str
    session_id: UUID
    user_agent: str


@event("user.deleted.v1", subject="user_id")
class UserDeleted:
    """The account is gone; whoever keeps data of this person forgets it now."""

    user_id: UUID


@event("personal_data.export_requested.v1", subject="export_id")
class ExportRequested:
    """A person wants a copy of their data: whoever keeps some contributes them to this export."""

    export_id: UUID
    user_id: UUID


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """What this service has erased of a person, has made anonymous, and keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of what this service keeps of a person, for their own eyes."""
