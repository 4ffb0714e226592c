"""Transfer an unverified account to the holder of its mailbox, and clear what earlier users stored in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.commands.revocation import end_sessions
from users.domain.accounts import Claim
from users.domain.sessions import EndReason
from users.events_out import EmailVerified, ProfileChanged, UserClaimed
from users.models import Address, MailToken, User


@transactional
def claim_account(*, user_id: UUID, claim: Claim, now: datetime) -> bool:
    """Give the account the password and profile of the claim, and end its sessions.

    Return False, and change nothing, if the mailbox has been verified before.
    """
    claimed = User.objects.filter(id=user_id, email_verified_at=None, is_active=True, is_staff=False).update(
        email=claim.email,
        name=claim.name,
        locale=claim.locale,
        password=claim.encoded,
        phone="",
        default_address_id=None,
        address_count=0,
        email_verified_at=now,
    )
    if not claimed:
        return False
    Address.objects.filter(user_id=user_id).delete()
    MailToken.objects.filter(user_id=user_id, used_at=None).update(used_at=now)
    record(
        [
            ProfileChanged(user_id=user_id, email=claim.email, name=claim.name, locale=claim.locale, phone=""),
            EmailVerified(user_id=user_id, email=claim.email),
            UserClaimed(user_id=user_id),
        ]
    )
    end_sessions(user_id=user_id, reason=EndReason.PASSWORD_RESET, now=now)
    return True
