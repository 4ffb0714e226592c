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
from payments.domain import hints
from payments.models import Payment, WebhookEvent
from payments.providers.port import Notice

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
LONGEST_BACKOFF = 3600
#: A webhook for a payment that nobody here knows is asked about so often, then left.
ATTEMPTS = 8
#: While our own call is running, its answer most likely says the same: wait for it.
OWN_ANSWER = timedelta(seconds=8)
NOTHING_NEW = "nothing new"


def take_webhook(*, provider: str, notice: Notice, now: datetime) -> bool:
    """Store it; False when it has been here before."""
    try:
        webhook_id = _store(provider=provider, notice=notice, now=now)
    except IntegrityError:
        return False
    if webhook_id:
        prompt.after_this_commit(process_webhook, [webhook_id])
    return True


@transactional
def _store(*, provider: str, notice: Notice, now: datetime) -> UUID | None:
    """The row's id when it is to be looked into at once."""
    row = WebhookEvent(
        provider=provider,
        event_id=_plain(notice.event_id, 255),
        type=_plain(notice.type, 100),
        provider_id=_plain(notice.provider_id, 255),
        reference=_plain(notice.reference, 64),
        hint=_plain(notice.hint, 100),
        received_at=now,
        due_at=now,
    )
    payment = queries.payment_seen(provider, row.provider_id, row.reference)
    at_once = True
    if payment and not _is_news(row, payment):
        row.processed_at, row.outcome, at_once = now, NOTHING_NEW, False
    elif payment and queries.call_running(payment.id, now):
        row.due_at, at_once = now + OWN_ANSWER, False
    row.save(force_insert=True)
    return row.id if at_once else None


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
    if not _is_news(event, payment):
        return NOTHING_NEW
    seen = look_at(payment.id)
    return f"looked: {seen.status}" if seen else None


def _is_news(event: WebhookEvent, payment: Payment) -> bool:
    return hints.is_news(
        event.hint, status=payment.status, captured=payment.captured_amount, refunded=payment.refunded_amount
    )


def _again(event: WebhookEvent, why: str) -> None:
    now = timezone.now()
    attempts = event.attempts + 1
    over = {"processed_at": now} if attempts >= ATTEMPTS else {}
    wait = timedelta(seconds=min(5 * 2**attempts, LONGEST_BACKOFF))
    WebhookEvent.objects.filter(id=event.id).update(due_at=now + wait, leased_until=now, outcome=why[:500], **over)
