"""Look up a payment at the provider and apply what is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone

from chassis.core.errors import DomainError, Kind
from chassis.jobs.sweeps import attempt, deferred
from payments import commands, queries
from payments.domain.provider_payment import ProviderPayment
from payments.models import Payment
from payments.providers import required_provider
from payments.providers.port import Provider, RequestNotProcessed
from payments.work.browser_secret import ProviderNotReachable
from payments.work.pool import POOL

JOB = "job.look_at_waiting_payments"
#: How often a payment that waits for the customer is looked up, in case the webhook was lost.
INTERVAL = timedelta(minutes=1)


class NothingToLookUp(DomainError):
    """No provider takes part in this payment."""

    code, kind = "nothing_to_look_up", Kind.CONFLICT


#: Seconds; more than two requests to the provider take.
TIME_LIMIT = 60


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


def look_up_now(payment_id: UUID) -> ProviderPayment | None:
    """As `look_up_payment`, for a person who waits. Raises ProviderNotReachable, NothingToLookUp."""
    try:
        return look_up_payment(payment_id)
    except RequestNotProcessed as error:
        raise ProviderNotReachable from error
    except LookupError as error:
        raise NothingToLookUp from error


def look_up_waiting(*, now: datetime, limit: int = 100) -> int:
    """Begin to look up payments that wait for the customer, and return their number."""
    ids = queries.payments_waiting(now - INTERVAL, limit, without=deferred(JOB, now=now))
    for payment_id in ids:
        look_up = partial(attempt, JOB, payment_id, look_up_payment)
        if not POOL.submit((JOB, payment_id), look_up, limit=TIME_LIMIT) and not POOL.threads():
            look_up()
    return len(ids)


def _fetch(provider: Provider, payment: Payment, object_id: str) -> ProviderPayment | None:
    if payment.provider_id:
        return provider.fetch(payment.provider_id)
    named = provider.fetch(object_id) if object_id else None
    if named and named.reference == str(payment.id):
        return named
    return provider.find(payment.id, since=payment.created_at - timedelta(minutes=5))
