"""Revoked sessions: record them and look them up.

A signed token is valid until it expires. The service that signs it sends a message about sessions that ended earlier;
the others store their ids for longer than any token is valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.inbox.handlers import Context

#: Seconds for which the result "not revoked" is cached. A revoked session stays revoked.
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
    """Store the ids and reject their tokens from now on."""
    from chassis.revocation.models import EndedSession

    rows = [EndedSession(id=session_id, ended_at=message.ended_at) for session_id in message.session_ids]
    EndedSession.objects.bulk_create(rows, ignore_conflicts=True)
    for session_id in message.session_ids:
        _alive_until.pop(session_id, None)


def is_revoked(session_id: str) -> bool:
    """Return whether the session was revoked, as of two seconds ago at most. Unknown ids are not revoked."""
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
    """Look sessions up with `has_ended` instead. For the service that owns the sessions."""
    _asked_instead[:] = [has_ended]


def _has_ended(session_id: UUID, now: float) -> bool:
    from chassis.revocation.models import EndedSession

    if EndedSession.objects.filter(id=session_id).exists():
        return True
    if len(_alive_until) >= _MOST_CACHED:
        _alive_until.clear()
    _alive_until[session_id] = now + CACHE_SECONDS
    return False
