"""The life of a session: one sign-in on one device, carried on by refresh tokens that each count once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind

ACCESS_TOKEN = timedelta(minutes=5)
#: A session that nobody carries on for so long has ended.
LONGEST_PAUSE = timedelta(days=30)
#: However busy, a session asks for the password again after so long.
LONGEST_SESSION = timedelta(days=180)
#: Two tabs, or a lost answer: an honest client may come twice within so long, and gets the same successor.
GRACE = timedelta(seconds=10)
STAFF_COOKIE = timedelta(hours=8)
#: A staff sign-on in use is written down as seen so often.
SEEN_AGAIN = timedelta(minutes=1)


class Verdict(StrEnum):
    """What a refresh token that is held out to us deserves."""

    GOOD = "good"
    JUST_USED = "just_used"  # answered as the first time
    REPLAYED = "replayed"  # stolen, by whoever came first or by whoever comes now: the session ends
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


def judge(*, used_at: datetime | None, expires_at: datetime, alive: bool, now: datetime) -> Verdict:
    """`alive`: the session is neither revoked nor over, and its account is active."""
    if not alive:
        return Verdict.ENDED
    if used_at is not None:
        return Verdict.JUST_USED if now - used_at <= GRACE else Verdict.REPLAYED
    return Verdict.GOOD if now < expires_at else Verdict.ENDED


def end_of_session(*, begun_at: datetime, now: datetime) -> datetime:
    """When a session that is used now ends, if it is not used again; its refresh token ends with it."""
    return min(now + LONGEST_PAUSE, begun_at + LONGEST_SESSION)


def digest(secret: str) -> str:
    """How a random secret is kept: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
