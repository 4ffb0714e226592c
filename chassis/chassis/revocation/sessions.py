"""Learn which sessions have ended, and answer whether one has.

A signed token is good until it expires. The service that signs it tells by a message which sessions
have ended earlier; the others keep those ids for longer than any token lives.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.inbox.handlers import Context

#: Seconds for which "has not ended" is believed without looking again. An ended session stays ended.
CACHE_SECONDS = 2.0
_MOST_CACHED = 10_000

_alive_until: dict[UUID, float] = {}
_asked_instead: list[Callable[[UUID], bool]] = []


@reads("user.sessions_ended.v1")
class SessionsEnded:
    """Sessions that ended before their tokens expire."""

    session_ids: tuple[UUID, ...]
    ended_at: datetime


def on_sessions_ended(message: SessionsEnded, context: Context) -> None:
    """Keep the ids; refuse their tokens from now on."""
    from chassis.revocation.models import EndedSession

    rows = [EndedSession(id=session_id, ended_at=message.ended_at) for session_id in message.session_ids]
    EndedSession.objects.bulk_create(rows, ignore_conflicts=True)
    for session_id in message.session_ids:
        _alive_until.pop(session_id, None)


def is_revoked(session_id: str) -> bool:
    """Whether the session has ended, as of at most two seconds ago. An id that is no UUID names no session."""
    try:
        known = UUID(session_id)
    except ValueError:
        return False
    if _asked_instead:
        return _asked_instead[0](known)
    now = time.monotonic()
    if now < _alive_until.get(known, 0.0):
        return False
    return _has_ended(known, now)


def use_own_sessions(has_ended: Callable[[UUID], bool]) -> None:
    """For the service that keeps the sessions themselves: it looks at its own rows."""
    _asked_instead[:] = [has_ended]


def _has_ended(session_id: UUID, now: float) -> bool:
    from chassis.revocation.models import EndedSession

    if EndedSession.objects.filter(id=session_id).exists():
        return True
    if len(_alive_until) >= _MOST_CACHED:
        _alive_until.clear()
    _alive_until[session_id] = now + CACHE_SECONDS
    return False
