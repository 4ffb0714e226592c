"""End sessions and announce their ids, so that every service refuses their tokens within seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.domain.sessions import EndReason, digest
from users.events_out import MAX_ENDED_SESSIONS, SessionsEnded
from users.models import RefreshToken, Session, StaffSignOn


@transactional
def end_session(*, session_id: UUID, user_id: UUID | None = None, reason: EndReason, now: datetime) -> bool:
    """End a session; return False if it has ended, does not exist, or belongs to another user."""
    found = Session.objects.filter(id=session_id)
    if user_id is not None:
        found = found.filter(user_id=user_id)
    owner = found.values_list("user_id", flat=True).first()
    return owner is not None and bool(_end(found, user_id=owner, reason=reason, now=now))


@transactional
def end_sessions(*, user_id: UUID, reason: EndReason, keep: UUID | None = None, now: datetime) -> int:
    """End all of the user's sessions and staff sign-ons except `keep`; return the number ended."""
    found = Session.objects.filter(user_id=user_id)
    if keep is not None:
        found = found.exclude(id=keep)
    ended = _end(found, user_id=user_id, reason=reason, now=now)
    return ended + end_sign_ons(user_id=user_id, reason=reason, keep=keep, now=now)


@transactional
def end_sign_on(*, sign_on_id: UUID, user_id: UUID | None = None, reason: EndReason, now: datetime) -> bool:
    """End a staff sign-on; return False if it has ended, does not exist, or belongs to another user."""
    found = StaffSignOn.objects.filter(id=sign_on_id)
    if user_id is not None:
        found = found.filter(user_id=user_id)
    owner = found.values_list("user_id", flat=True).first()
    return owner is not None and bool(_end(found, user_id=owner, reason=reason, now=now))


@transactional
def end_sign_ons(*, user_id: UUID, reason: EndReason, keep: UUID | None = None, now: datetime) -> int:
    """End all of the user's staff sign-ons except `keep`; return the number ended. Customer sessions continue."""
    found = StaffSignOn.objects.filter(user_id=user_id)
    if keep is not None:
        found = found.exclude(id=keep)
    return _end(found, user_id=user_id, reason=reason, now=now)


@transactional
def sign_out(*, refresh_token: str, now: datetime) -> None:
    """End the session of this refresh token. An unknown token changes nothing."""
    found = RefreshToken.objects.filter(digest=digest(refresh_token))
    session_id = found.values_list("session_id", flat=True).first()
    if session_id is not None:
        end_session(session_id=session_id, reason=EndReason.SIGNED_OUT, now=now)


def _end(found: QuerySet[Any], *, user_id: UUID, reason: EndReason, now: datetime) -> int:
    """End the rows of `found` that are active; return the number ended."""
    ids = list(found.filter(revoked_at=None).values_list("id", flat=True))
    ended = 0
    for start in range(0, len(ids), MAX_ENDED_SESSIONS):
        some = tuple(ids[start : start + MAX_ENDED_SESSIONS])
        alive = found.model._default_manager.filter(id__in=some, revoked_at=None)
        ended += alive.update(revoked_at=now, end_reason=reason)
        record([SessionsEnded(user_id=user_id, session_ids=some, reason=reason, ended_at=now)])
    return ended
