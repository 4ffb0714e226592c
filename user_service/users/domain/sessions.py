"""Sessions: one sign-in on one device, continued by single-use refresh tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind

ACCESS_TOKEN = timedelta(minutes=5)
#: A session that is not used for this long ends.
LONGEST_PAUSE = timedelta(days=30)
#: The lifetime of a session, however active: after that the password is needed again.
LONGEST_SESSION = timedelta(days=180)
#: Two tabs or a lost answer: a repeat within this time gets the same successor and is not a replay.
GRACE = timedelta(seconds=10)
STAFF_COOKIE = timedelta(hours=8)
#: How often the use of a staff sign-on is recorded.
SEEN_AGAIN = timedelta(minutes=1)


class TokenStatus(StrEnum):
    """The status of a presented refresh token."""

    GOOD = "good"
    JUST_USED = "just_used"  # within the grace period: the first answer is repeated
    REPLAYED = "replayed"  # copied: the first or the present user is a thief, so the session ends
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a session was revoked."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    REVOKED = "revoked"  # one of several, by its owner
    REPLAYED = "replayed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a reason, not a password)
    PASSWORD_RESET = "password_reset"  # noqa: S105
    RIGHTS_CHANGED = "rights_changed"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    STAFF = "staff"  # revoked by staff


class RefreshTokenNotValid(DomainError):
    """This session has ended; sign in again."""

    code, kind = "refresh_token_not_valid", Kind.UNAUTHENTICATED


def token_status(*, used_at: datetime | None, expires_at: datetime, alive: bool, now: datetime) -> TokenStatus:
    """Return the status of a refresh token. `alive`: its session has not ended, and its account is active."""
    if not alive:
        return TokenStatus.ENDED
    if used_at is not None:
        return TokenStatus.JUST_USED if now - used_at <= GRACE else TokenStatus.REPLAYED
    return TokenStatus.GOOD if now < expires_at else TokenStatus.ENDED


def end_of_session(*, begun_at: datetime, now: datetime) -> datetime:
    """Return when a session that is used now ends if it is not used again; its refresh token ends with it."""
    return min(now + LONGEST_PAUSE, begun_at + LONGEST_SESSION)


def digest(secret: str) -> str:
    """Return the digest stored for a random secret. SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
