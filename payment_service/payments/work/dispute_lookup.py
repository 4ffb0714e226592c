"""Look up disputes at the provider and record what is found: that is the truth, not what a webhook said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.utils import timezone

from payments import commands, queries
from payments.domain.provider_payment import ProviderDispute
from payments.providers import required_provider

#: `attempt(key, work)`
Attempt = Callable[[str, Callable[[], object]], None]


def look_up_dispute(provider: str, dispute_id: str) -> ProviderDispute:
    """Fetch the dispute, record and return it. Raises RequestNotProcessed."""
    found = required_provider(provider).fetch_dispute(dispute_id)
    record_dispute(provider, found, now=timezone.now())
    return found


def look_up_disputes(attempt: Attempt, provider: str, *, since: datetime, now: datetime) -> None:
    """Record the disputes that were opened since then, and what became of those that are not decided.

    `attempt` keeps an error about one dispute from the others.
    """
    listed = set()
    for found in required_provider(provider).disputes(since=since):
        listed.add(found.id)
        attempt(found.id, partial(record_dispute, provider, found, now=now))
    for dispute_id in queries.undecided_disputes(provider):
        if dispute_id not in listed:
            attempt(dispute_id, partial(look_up_dispute, provider, dispute_id))


def record_dispute(provider: str, found: ProviderDispute, *, now: datetime) -> None:
    payment = queries.payment_of_object(provider, found.payment_id, found.reference)
    if payment is None:
        commands.record_foreign_dispute(provider=provider, found=found, now=now)
    else:
        commands.record_provider_dispute(payment_id=payment.id, order_id=payment.order_id, found=found, now=now)
