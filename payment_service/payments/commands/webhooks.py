"""Webhooks: stored once, answered at once, looked into afterwards.

A webhook is only a hint that something has changed. What counts is the provider's object, fetched
anew; so duplicates, late ones and reversed ones change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError
from django.utils import timezone

from chassis.transactions import transactional
from payments import queries
from payments.commands import prompt
from payments.commands.looking import look_at
from payments.domain.payment import PaymentStatus
from payments.models import Payment, WebhookEvent
from payments.providers.port import Notice

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
LONGEST_BACKOFF = 3600
#: A webhook for a payment that nobody here knows is asked about so often, then left.
ATTEMPTS = 8


def take_webhook(*, provider: str, notice: Notice, now: datetime) -> bool:
    """Store it; False when it has been here before."""
    try:
        webhook_id = _store(provider=provider, notice=notice, now=now)
    except IntegrityError:
        return False
    prompt.after_this_commit(process_webhook, [webhook_id])
    return True


@transactional
def _store(*, provider: str, notice: Notice, now: datetime) -> UUID:
    row = WebhookEvent.objects.create(
        provider=provider,
        event_id=_plain(notice.event_id, 255),
        type=_plain(notice.type, 100),
        provider_id=_plain(notice.provider_id, 255),
        reference=_plain(notice.reference, 64),
        hint=notice.hint[:100],
        received_at=now,
        due_at=now,
    )
    webhook_id: UUID = row.id
    return webhook_id


def _plain(text: str, length: int) -> str:
    """Providers' ids and names are printable ASCII; nothing else is stored."""
    return "".join(char for char in text if " " <= char <= "~")[:length]


def process_webhook(webhook_id: UUID) -> None:
    """Look at the object that it is about, unless it says what we know already."""
    now = timezone.now()
    free = WebhookEvent.objects.filter(id=webhook_id, processed_at=None, leased_until__lte=now)
    event = free.first()
    if event is None or not free.filter(attempts=event.attempts).update(
        leased_until=now + LEASE, attempts=event.attempts + 1
    ):
        return
    try:
        outcome = _outcome(event)
    except Exception as error:  # kept on the row; the job comes back to it
        log.warning("webhook_failed", type=event.type, error=repr(error))
        _again(event, repr(error))
        return
    if outcome is None:
        _again(event, "no such payment here")
        return
    WebhookEvent.objects.filter(id=event.id).update(processed_at=timezone.now(), outcome=outcome)


def process_webhooks_due(*, now: datetime, limit: int = 200) -> int:
    """The fallback: begin what nobody has processed; how many."""
    due = queries.webhooks_due(now, limit)
    prompt.begin(process_webhook, due)
    return len(due)


def _outcome(event: WebhookEvent) -> str | None:
    payment = queries.payment_seen(event.provider, event.provider_id, event.reference)
    if payment is None:
        return None
    if event.hint and event.hint == hint_of(payment):
        return "nothing new"
    seen = look_at(payment.id)
    return f"looked: {seen.status}" if seen else None


def hint_of(payment: Payment) -> str:
    """The payment in the words of a notice's hint; empty while anything about it is still open."""
    settled = payment.status in {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED, PaymentStatus.VOIDED}
    if not settled or payment.claimed_amount != payment.refunded_amount:
        return ""
    return f"{payment.status} {payment.captured_amount} {payment.refunded_amount}"


def _again(event: WebhookEvent, why: str) -> None:
    now = timezone.now()
    attempts = event.attempts + 1
    over = {"processed_at": now} if attempts >= ATTEMPTS else {}
    wait = timedelta(seconds=min(5 * 2**attempts, LONGEST_BACKOFF))
    WebhookEvent.objects.filter(id=event.id).update(due_at=now + wait, leased_until=now, outcome=why[:500], **over)
