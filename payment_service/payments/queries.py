"""Reads for the API, the admin, the jobs and the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Count, QuerySet, Sum
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from payments.domain.ledger import Outcome
from payments.domain.payment import PaymentNotFound, PaymentStatus
from payments.models import CallStatus, Payment, PaymentEvent, ProviderCall, Refund, WebhookEvent

Rows = QuerySet[Payment, dict[str, Any]]
RefundRows = QuerySet[Refund, dict[str, Any]]

PAYMENT_FIELDS = (
    "id", "order_id", "attempt", "number", "amount", "currency", "status", "captured_amount", "refunded_amount",
    "action_url", "code", "message", "created_at", "updated_at",
)  # fmt: skip
REFUND_FIELDS = (
    "id", "payment_id", "payment__order_id", "amount", "currency", "reason", "status", "code", "message",
    "created_at", "updated_at",
)  # fmt: skip


def payments_of(customer_id: UUID | None) -> Rows:
    """A customer's payments; all for None (staff)."""
    found = Payment.objects.all() if customer_id is None else Payment.objects.filter(customer_id=customer_id)
    return found.values(*PAYMENT_FIELDS)


def refunds_of(customer_id: UUID | None) -> RefundRows:
    """A customer's refunds; all for None (staff)."""
    found = Refund.objects.all() if customer_id is None else Refund.objects.filter(payment__customer_id=customer_id)
    return found.values(*REFUND_FIELDS)


def order_of(payment_id: UUID) -> UUID:
    """Raises PaymentNotFound."""
    order_id: UUID | None = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise PaymentNotFound
    return order_id


def payment_seen(provider: str, provider_id: str, reference: str) -> Payment | None:
    """Our payment behind an object of the provider. Before its answer has come we know it by reference only."""
    try:
        own = UUID(reference)
    except ValueError:
        own = None
    by_reference = Payment.objects.filter(id=own, provider=provider).first() if own else None
    if by_reference or not provider_id:
        return by_reference
    return Payment.objects.filter(provider=provider, provider_id=provider_id).first()


def call_running(payment_id: UUID, now: datetime) -> bool:
    """Whether somebody is asking the provider about this payment at this moment."""
    running = ProviderCall.objects.filter(payment_id=payment_id, status=CallStatus.OPEN, leased_until__gt=now)
    return bool(running.exists())


def calls_due(now: datetime, limit: int) -> list[UUID]:
    due = ProviderCall.objects.filter(status=CallStatus.OPEN, due_at__lte=now, leased_until__lte=now)
    return list(due.order_by("due_at").values_list("id", flat=True)[:limit])


def webhooks_due(now: datetime, limit: int) -> list[UUID]:
    due = WebhookEvent.objects.filter(processed_at=None, due_at__lte=now, leased_until__lte=now)
    return list(due.order_by("due_at").values_list("id", flat=True)[:limit])


def payments_waiting(before: datetime, limit: int) -> list[UUID]:
    """Payments that wait for the customer and were not looked at since."""
    waiting = Payment.objects.filter(status=PaymentStatus.ACTION_REQUIRED, looked_at__lt=before)
    return list(waiting.order_by("looked_at").values_list("id", flat=True)[:limit])


class LedgerCollector(Collector):
    """Business counters, summed from the ledger when somebody asks: right for any number of processes."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        amounts = CounterMetricFamily(
            "souk_payments_amount", "Minor units, by ledger entry.", labels=["kind", "outcome", "currency"]
        )
        entries = CounterMetricFamily(
            "souk_payments_entries", "Ledger entries.", labels=["kind", "outcome", "currency"]
        )
        wanted = PaymentEvent.objects.filter(outcome__in=[Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN])
        sums = wanted.values_list("kind", "outcome", "currency").annotate(Sum("amount"), Count("id")).order_by()
        try:
            for kind, outcome, currency, amount, count in sums:
                amounts.add_metric([kind, outcome, currency], amount)
                entries.add_metric([kind, outcome, currency], count)
        except DatabaseError:
            return
        yield amounts
        yield entries

    def describe(self) -> list[CounterMetricFamily]:
        return []
