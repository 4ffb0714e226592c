"""Look up a payment at the provider and apply what is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from payments import commands, queries
from payments.commands import background
from payments.domain.provider_payment import ProviderPayment
from payments.models import Payment
from payments.providers import required_provider
from payments.providers.port import Provider

#: How often a payment that waits for the customer is looked up, in case the webhook was lost.
INTERVAL = timedelta(minutes=1)


def look_up_payment(payment_id: UUID, *, object_id: str = "") -> ProviderPayment | None:
    """Fetch the provider's object, apply and return it; None if there is none yet.

    `object_id`: the object that a webhook names, for a payment whose answer was lost.
    """
    payment = Payment.objects.get(id=payment_id)
    Payment.objects.filter(id=payment_id).update(looked_at=timezone.now())
    provider = required_provider(payment.provider)
    found = _fetch(provider, payment, object_id)
    if found is not None:
        commands.record_provider_payment(
            payment_id=payment_id, order_id=payment.order_id, found=found, now=timezone.now()
        )
    return found


def look_up_waiting(*, now: datetime, limit: int = 100) -> int:
    """Begin to look up payments that wait for the customer, and return their number."""
    return background.sweep(
        "job.look_at_waiting_payments",
        due=lambda waiting: queries.payments_waiting(now - INTERVAL, limit, without=waiting),
        work=look_up_payment,
        now=now,
    )


def _fetch(provider: Provider, payment: Payment, object_id: str) -> ProviderPayment | None:
    if payment.provider_id:
        return provider.fetch(payment.provider_id)
    named = provider.fetch(object_id) if object_id else None
    if named and named.reference == str(payment.id):
        return named
    return provider.find(payment.id, since=payment.created_at - timedelta(minutes=5))
