"""Look at the provider's object, and take in what it shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from chassis.outbox.recording import record
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands import prompt
from payments.commands.carrying_out import carry_out
from payments.domain import learning
from payments.domain.seen import SeenPayment
from payments.models import Payment
from payments.providers import required_provider
from payments.providers.port import Provider

#: A payment that waits for the customer is looked at this often, in case the webhook was lost.
PATIENCE = timedelta(minutes=1)


def look_at(payment_id: UUID, *, object_id: str = "") -> SeenPayment | None:
    """Fetch the object, outside of any transaction, and learn from it; None when there is none yet.

    `object_id`: what a webhook says it is, for a payment whose answer was lost.
    """
    payment = Payment.objects.get(id=payment_id)
    Payment.objects.filter(id=payment_id).update(looked_at=timezone.now())
    provider = required_provider(payment.provider)
    if payment.provider_id:
        seen: SeenPayment | None = provider.look_up(payment.provider_id)
    else:
        seen = _named(provider, payment, object_id) or provider.find(
            payment.id, since=payment.created_at - timedelta(minutes=5)
        )
    if seen is not None:
        take_in(payment_id=payment_id, order_id=payment.order_id, seen=seen, now=timezone.now())
    return seen


def _named(provider: Provider, payment: Payment, object_id: str) -> SeenPayment | None:
    """The object of that name, if it was made for this payment."""
    seen = provider.look_up(object_id) if object_id else None
    return seen if seen and seen.reference == str(payment.id) else None


@transactional
def take_in(*, payment_id: UUID, order_id: UUID, seen: SeenPayment, now: datetime) -> None:
    """Learn from a sight of the provider's object; what we know already changes nothing."""
    account = repository.locked(order_id)
    learning.learn(account, payment_id, seen)
    calls = repository.save(account, now=now)
    record(account.messages)
    prompt.after_this_commit(carry_out, calls)


def look_at_waiting(*, now: datetime, limit: int = 100) -> int:
    """Begin to look at payments that wait for the customer; how many."""
    return prompt.sweep_soon(
        "job.look_at_waiting_payments",
        due=lambda waiting: queries.payments_waiting(now - PATIENCE, limit, without=waiting),
        work=look_at,
        now=now,
    )
