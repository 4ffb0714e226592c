"""End sessions. Access tokens of an ended session are refused by the gateway within seconds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.transactions import transactional
from users.domain.sessions import EndReason, digest
from users.models import RefreshToken, Session


@transactional
def end_session(*, session_id: UUID, user_id: UUID | None = None, reason: EndReason, now: datetime) -> bool:
    """False when there is no such session alive, or it is not this user's."""
    found = Session.objects.filter(id=session_id, revoked_at=None)
    if user_id is not None:
        found = found.filter(user_id=user_id)
    return bool(found.update(revoked_at=now, end_reason=reason))


@transactional
def end_sessions(*, user_id: UUID, reason: EndReason, keep: UUID | None = None, now: datetime) -> int:
    """All of the user's sessions but `keep`; how many."""
    alive = Session.objects.filter(user_id=user_id, revoked_at=None)
    if keep is not None:
        alive = alive.exclude(id=keep)
    return alive.update(revoked_at=now, end_reason=reason)


@transactional
def sign_out(*, refresh_token: str, now: datetime) -> None:
    """End the session of this refresh token. An unknown token is nobody's session: nothing happens."""
    found = RefreshToken.objects.filter(digest=digest(refresh_token))
    session_id = found.values_list("session_id", flat=True).first()
    if session_id is not None:
        end_session(session_id=session_id, reason=EndReason.SIGNED_OUT, now=now)
