"""Tickets for the socket: a browser cannot send a header with it, and a token does not belong into a URL."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chassis.transactions import transactional
from notifications.models import SocketTicket

GOOD_FOR = timedelta(seconds=30)


@transactional
def issue_ticket(*, user_id: UUID, session_id: str, now: datetime) -> tuple[str, datetime]:
    """A ticket and when it expires."""
    ticket = secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        digest=_digest(ticket), user_id=user_id, session_id=session_id[:64], expires_at=now + GOOD_FOR
    )
    return ticket, now + GOOD_FOR


@transactional
def use_ticket(*, ticket: str, now: datetime) -> UUID | None:
    """Whose ticket it is; None when it is unknown, expired or used. One conditional update decides."""
    rows = SocketTicket.objects.filter(digest=_digest(ticket))
    if not rows.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    user_id: UUID = rows.get().user_id
    return user_id


@transactional
def forget_old_tickets(*, now: datetime) -> None:
    SocketTicket.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
