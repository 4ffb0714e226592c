"""Webhooks: stored once, answered at once, looked into afterwards.

A webhook is only a hint that something has changed. What counts is the provider's object, fetched
anew; so duplicates, late ones and reversed ones change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from chassis.jobs.retention import forget
from chassis.transactions import transactional
from payments import queries
from payments.commands import prompt
from payments.commands.looking import look_at
from payments.commands.mismatches import note_dispute
from payments.domain import hints
from payments.models import FREE, Payment, WebhookEvent
from payments.providers.port import Notice

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
#: A webhook for a payment that nobody here knows is looked into so often, then left to staff.
MISSES = 8
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
#: A provider that cannot be reached is asked again for ever: it will not tell us a second time.
UNREACHABLE_WAIT = timedelta(minutes=1)
UNKNOWN_PAYMENT = "no such payment here"
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
    if notice.dispute:
        payment_id = payment.id if payment else None
        note_dispute(provider=provider, dispute=notice.dispute, payment_id=payment_id, now=now)
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
        _put_off(event, repr(error), UNREACHABLE_WAIT)
        return
    if outcome is None:
        _miss(event)
        return
    WebhookEvent.objects.filter(id=event.id).update(processed_at=timezone.now(), outcome=outcome)


def process_webhooks_due(*, now: datetime, limit: int = 200) -> int:
    """The fallback: begin what nobody has processed; how many."""
    return prompt.sweep_soon(
        "job.process_due_webhooks",
        due=lambda waiting: queries.webhooks_due(now, limit, without=waiting),
        work=process_webhook,
        now=now,
    )


def _outcome(event: WebhookEvent) -> str | None:
    payment = queries.payment_seen(event.provider, event.provider_id, event.reference)
    if payment is None:
        return None
    if not _is_news(event, payment):
        return NOTHING_NEW
    seen = look_at(payment.id, object_id=event.provider_id)
    return f"looked: {seen.status}" if seen else None


def _is_news(event: WebhookEvent, payment: Payment) -> bool:
    return hints.is_news(
        event.hint, status=payment.status, captured=payment.captured_amount, refunded=payment.refunded_amount
    )


def _miss(event: WebhookEvent) -> None:
    """Our own payment may still be on its way; after some tries it is somebody else's, and staff can see it."""
    misses = event.misses + 1
    WebhookEvent.objects.filter(id=event.id).update(misses=misses)
    if misses >= MISSES:
        given_up = {"processed_at": timezone.now(), "outcome": UNKNOWN_PAYMENT}
        WebhookEvent.objects.filter(id=event.id).update(**given_up)
        return
    _put_off(event, UNKNOWN_PAYMENT, min(FIRST_WAIT * 2**misses, LONGEST_WAIT))


def _put_off(event: WebhookEvent, why: str, wait: timedelta) -> None:
    now = timezone.now()
    WebhookEvent.objects.filter(id=event.id).update(due_at=now + wait, leased_until=now, outcome=why[:500])


@transactional
def requeue_webhook(*, webhook_id: UUID, now: datetime) -> None:
    """For staff: look into it once more, from the beginning."""
    WebhookEvent.objects.filter(id=webhook_id).update(
        processed_at=None, due_at=now, leased_until=FREE, misses=0, outcome=""
    )


@transactional
def forget_webhooks(*, now: datetime) -> int:
    """Delete those that were processed long ago; how many."""
    long_ago = now - timedelta(days=settings.WEBHOOK_EVENTS_KEPT_DAYS)
    return forget(WebhookEvent.objects.filter(processed_at__lt=long_ago))
