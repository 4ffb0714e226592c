"""Process the webhooks that were stored.

A webhook only says that something may have changed. What counts is the provider's object, which is fetched
again; so duplicates, late ones and reversed ones change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.running import TryLater, worker
from payments import queries
from payments.commands.webhooks import NOTHING_NEW
from payments.models import WebhookEvent
from payments.work.dispute_lookup import look_up_dispute
from payments.work.payment_lookup import look_up_payment
from payments.work.pool import POOL

#: How often a webhook about a payment that is not ours is processed before it is left to staff.
MOST_MISSES = 8
#: Between such attempts.
MISS_BACKOFF = Backoff(first=timedelta(seconds=20), longest=timedelta(minutes=10), jitter=0)
#: Pause while the provider is unreachable; tried without end, because it does not send the webhook again.
UNREACHABLE_WAIT = timedelta(minutes=1)
UNKNOWN_PAYMENT = "no such payment here"


@worker(
    WebhookEvent,
    job="process_due_webhooks",
    every=10,
    pool=POOL,
    backoff=Backoff(first=UNREACHABLE_WAIT, longest=UNREACHABLE_WAIT),
    longest=MISS_BACKOFF.longest,
    limit=200,
)
def process_webhook(event: WebhookEvent, now: datetime) -> None:
    """Look up the payment that the webhook is about, unless it says what we know already."""
    try:
        outcome = _outcome(event)
    except Exception as error:
        raise TryLater(repr(error)) from error
    if outcome is None:
        _count_miss(event, now)
    else:
        leasing.finish(event, now=timezone.now(), outcome=outcome)


def _outcome(event: WebhookEvent) -> str | None:
    """Process the event and return what came of it; None if the payment is unknown or has no object yet."""
    if event.dispute_id:
        return f"looked: {look_up_dispute(event.provider, event.dispute_id).status}"
    payment = queries.payment_of_object(event.provider, event.provider_id, event.reference)
    if payment is None:
        return None
    if not queries.says_anything_new(event, payment):
        return NOTHING_NEW
    found = look_up_payment(payment.id, object_id=event.provider_id)
    return f"looked: {found.status}" if found else None


def _count_miss(event: WebhookEvent, now: datetime) -> None:
    """Our own payment may not be stored yet; after some attempts it is not ours, and staff can see it."""
    misses = event.misses + 1
    if misses >= MOST_MISSES:
        leasing.finish(event, now=timezone.now(), misses=misses, outcome=UNKNOWN_PAYMENT)
    else:
        leasing.try_later(event, at=now + MISS_BACKOFF.after(misses), error=UNKNOWN_PAYMENT, misses=misses)
