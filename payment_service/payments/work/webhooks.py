"""Process the webhooks that were stored.

A webhook only says that something may have changed. What counts is the provider's object, which is fetched
again; so duplicates, late ones and reversed ones change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from payments import queries
from payments.commands import background
from payments.commands.webhooks import NOTHING_NEW
from payments.models import WebhookEvent
from payments.work.payment_lookup import look_up_payment

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
#: How often a webhook about a payment that is not ours is processed before it is left to staff.
MOST_MISSES = 8
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
#: An unreachable provider is asked without end: it does not send the webhook a second time.
UNREACHABLE_WAIT = timedelta(minutes=1)
UNKNOWN_PAYMENT = "no such payment here"


def process_webhook(webhook_id: UUID) -> None:
    """Look up the payment that the webhook is about, unless it says what we know already."""
    now = timezone.now()
    free = WebhookEvent.objects.filter(id=webhook_id, processed_at=None, leased_until__lte=now)
    event = free.first()
    if event is None or not free.filter(attempts=event.attempts).update(
        leased_until=now + LEASE, attempts=event.attempts + 1
    ):
        return
    try:
        outcome = _outcome(event)
    except Exception as error:  # stored in the row; the job processes it again
        log.warning("webhook_failed", type=event.type, error=repr(error))
        _retry_later(event, repr(error), UNREACHABLE_WAIT)
        return
    if outcome is None:
        _count_miss(event)
        return
    WebhookEvent.objects.filter(id=event.id).update(processed_at=timezone.now(), outcome=outcome)


def process_due_webhooks(*, now: datetime, limit: int = 200) -> int:
    """Begin the webhooks that are due, as a fallback, and return their number."""
    return background.sweep(
        "job.process_due_webhooks",
        due=lambda waiting: queries.webhooks_due(now, limit, without=waiting),
        work=process_webhook,
        now=now,
    )


def _outcome(event: WebhookEvent) -> str | None:
    """Process the event and return what came of it; None if the payment is unknown or has no object yet."""
    payment = queries.payment_of_object(event.provider, event.provider_id, event.reference)
    if payment is None:
        return None
    if not queries.says_anything_new(event, payment):
        return NOTHING_NEW
    found = look_up_payment(payment.id, object_id=event.provider_id)
    return f"looked: {found.status}" if found else None


def _count_miss(event: WebhookEvent) -> None:
    """Our own payment may not be stored yet; after some attempts it is not ours, and staff can see it."""
    misses = event.misses + 1
    WebhookEvent.objects.filter(id=event.id).update(misses=misses)
    if misses >= MOST_MISSES:
        given_up = {"processed_at": timezone.now(), "outcome": UNKNOWN_PAYMENT}
        WebhookEvent.objects.filter(id=event.id).update(**given_up)
        return
    _retry_later(event, UNKNOWN_PAYMENT, min(FIRST_WAIT * 2**misses, LONGEST_WAIT))


def _retry_later(event: WebhookEvent, reason: str, wait: timedelta) -> None:
    now = timezone.now()
    WebhookEvent.objects.filter(id=event.id).update(due_at=now + wait, leased_until=now, outcome=reason[:500])


background.register(WebhookEvent, process_webhook)
