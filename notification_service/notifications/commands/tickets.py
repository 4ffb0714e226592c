"""Tickets for the socket: a browser cannot send a header with it, and a token does not belong into a URL."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chassis.jobs.retention import forget
from chassis.revocation import is_revoked
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
    """Whose ticket it is; None when it is unknown, expired or used, or its session has ended.

    One conditional update decides.
    """
    rows = SocketTicket.objects.filter(digest=_digest(ticket))
    if not rows.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    used = rows.get()
    return None if is_revoked(used.session_id) else used.user_id


def session_of(ticket: str) -> str:
    """The session in which it was issued; empty for an unknown ticket."""
    found = SocketTicket.objects.filter(digest=_digest(ticket)).values_list("session_id", flat=True).first()
    return found or ""


def forget_old_tickets(*, now: datetime) -> None:
    """An hour after their time: until then a second use is told from a wrong ticket."""
    forget(SocketTicket.objects.filter(expires_at__lt=now - timedelta(hours=1)))


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
