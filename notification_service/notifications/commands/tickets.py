"""Tickets for the socket: a browser cannot send a header with it, and a token does not belong in a URL."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chassis.jobs.retention import forget
from chassis.revocation import is_revoked
from chassis.transactions import transactional
from notifications.models import SocketTicket

LIFETIME = timedelta(seconds=30)


@transactional
def issue_ticket(*, user_id: UUID, session_id: str, now: datetime) -> tuple[str, datetime]:
    """Create a ticket; return it and its expiry."""
    ticket = secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        digest=_digest(ticket), user_id=user_id, session_id=session_id[:64], expires_at=now + LIFETIME
    )
    return ticket, now + LIFETIME


@transactional
def use_ticket(*, ticket: str, now: datetime) -> UUID | None:
    """Use up a ticket and return its user; None if it is unknown, expired or used, or its session has ended."""
    rows = SocketTicket.objects.filter(digest=_digest(ticket))
    if not rows.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    used = rows.get()
    return None if is_revoked(used.session_id) else used.user_id


def session_of(ticket: str) -> str:
    """Return the session in which the ticket was issued; "" for an unknown ticket."""
    found = SocketTicket.objects.filter(digest=_digest(ticket)).values_list("session_id", flat=True).first()
    return found or ""


def delete_old_tickets(*, now: datetime) -> None:
    """Delete tickets an hour after their expiry; until then a second use can be told from a wrong ticket."""
    forget(SocketTicket.objects.filter(expires_at__lt=now - timedelta(hours=1)))


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
