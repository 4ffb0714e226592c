"""Reads for the API, the admin, the jobs and the metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from chassis.core.money import Money
from payments.domain import reconciliation, statement, webhooks
from payments.domain.dispute import DisputeStatus
from payments.domain.ledger import EntryKind, Outcome
from payments.domain.methods import CASH_ON_DELIVERY, ONLINE
from payments.domain.payment import HOLDING, PaymentNotFound, PaymentStatus
from payments.domain.reconciliation import BookedRefund
from payments.domain.refund import OPEN, RefundNotRetriable, RefundStatus
from payments.models import (
    CallStatus,
    Dispute,
    Mismatch,
    OrderAccount,
    Payment,
    PaymentEvent,
    ProviderCall,
    ProviderCustomer,
    Refund,
    WebhookEvent,
)

#: Rows of the payment of the outer query, in its currency.
_OF_PAYMENT = {"payment_id": OuterRef("id"), "currency": OuterRef("currency")}
#: A dispute that must be answered within this time is urgent.
ANSWER_SOON = timedelta(days=3)

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
    """Return a customer's payments, or all for None (staff)."""
    found = Payment.objects.all() if customer_id is None else Payment.objects.filter(customer_id=customer_id)
    rows: Rows = found.values(*PAYMENT_FIELDS)
    return rows


def refunds_of(customer_id: UUID | None) -> RefundRows:
    """Return a customer's refunds, or all for None (staff)."""
    found = Refund.objects.all() if customer_id is None else Refund.objects.filter(payment__customer_id=customer_id)
    rows: RefundRows = found.values(*REFUND_FIELDS)
    return rows


def currency_to_pay(order_id: UUID, customer_id: UUID | None) -> str | None:
    """Return the currency of a customer's order (None: staff); None if it needs or accepts no further payment.

    Raises PaymentNotFound if no payment of the order is known here.
    """
    made = list(payments_of(customer_id).filter(order_id=order_id).values_list("status", "currency"))
    if not made:
        raise PaymentNotFound
    paid = any(status in HOLDING for status, _ in made)
    closed = OrderAccount.objects.filter(order_id=order_id, closed_at__isnull=False).exists()
    return None if paid or closed else made[0][1]


def order_of(payment_id: UUID) -> UUID:
    """Return the id of the payment's order. Raises PaymentNotFound."""
    order_id: UUID | None = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise PaymentNotFound
    return order_id


def provider_customer(customer_id: UUID, provider: str) -> ProviderCustomer | None:
    """Return the customer's account at the provider."""
    rows = ProviderCustomer.objects.filter(customer_id=customer_id, provider=provider, forget_at=None)
    return rows.first()


def statement_of(order_id: UUID) -> list[str]:
    """Return the story of an order's money, in sentences."""
    entries = PaymentEvent.objects.filter(payment__order_id=order_id).select_related("payment").order_by("at", "id")
    payments = Payment.objects.filter(order_id=order_id)
    kept = Money(sum(payment.kept_amount for payment in payments), payments[0].currency) if payments else None
    return statement.statement(map(_booked, entries), kept=kept) if kept else []


def _booked(row: PaymentEvent) -> statement.BookedEntry:
    return statement.BookedEntry(
        at=row.at,
        kind=EntryKind(row.kind),
        outcome=Outcome(row.outcome),
        amount=Money(row.amount, row.currency),
        provider=row.payment.provider,
        code=row.code,
        actor=row.actor,
    )


def order_of_refund(refund_id: UUID) -> UUID:
    """Return the id of the refund's order. Raises RefundNotRetriable if there is no such refund."""
    found = Refund.objects.filter(id=refund_id).values_list("payment__order_id", flat=True).first()
    if found is None:
        raise RefundNotRetriable
    return found


def belongs_to_another_order(named: UUID, order_id: UUID) -> bool:
    """Return whether this id of a refund, a return or an order is known here as one of another order."""
    if named == order_id:
        return False
    elsewhere = Refund.objects.filter(Q(key=named) | Q(id=named)).exclude(payment__order_id=order_id)
    return OrderAccount.objects.filter(order_id=named).exists() or elsewhere.exists()


def undecided_disputes(provider: str) -> list[str]:
    """Return the provider's ids of the disputes that it has not decided."""
    return list(Dispute.objects.filter(decided=False, payment__provider=provider).values_list("provider_id", flat=True))


def dispute_figures() -> Iterator[GaugeMetricFamily]:
    """Return `souk_disputes_open` and `souk_disputes_due`: those not decided, and those to be answered within days."""
    open_ = Dispute.objects.filter(decided=False)
    due = open_.filter(status=DisputeStatus.NEEDS_RESPONSE, respond_by__lt=timezone.now() + ANSWER_SOON)
    yield GaugeMetricFamily("souk_disputes_open", "Disputes that are not decided.", open_.count())
    yield GaugeMetricFamily("souk_disputes_due", "Disputes to be answered within three days.", due.count())


def paid_on_delivery(order_id: UUID) -> bool:
    """Return whether the courier may have collected money for this order."""
    return Payment.objects.filter(order_id=order_id, provider=CASH_ON_DELIVERY).exists()


def payment_of_object(provider: str, provider_id: str, reference: str) -> Payment | None:
    """Return our payment for a provider's object; until its answer has arrived we know it by reference only."""
    own = UUID(reference) if _is_uuid(reference) else None
    by_reference = Payment.objects.filter(id=own, provider=provider).first() if own else None
    if by_reference or not provider_id:
        return by_reference
    return Payment.objects.filter(provider=provider, provider_id=provider_id).first()


def payments_of_objects(provider: str, objects: Collection[tuple[str, str]]) -> Callable[[str, str], Payment | None]:
    """As `payment_of_object` for many objects, (id, reference) each, in two statements; return a look-up function."""
    own = {UUID(reference) for _, reference in objects if _is_uuid(reference)}
    by_reference = Payment.objects.filter(provider=provider).in_bulk(own)
    others = [
        id_ for id_, reference in objects if id_ and not (_is_uuid(reference) and UUID(reference) in by_reference)
    ]
    found = Payment.objects.filter(provider=provider, provider_id__in=others) if others else []
    by_id = {payment.provider_id: payment for payment in found}

    def find(id_: str, reference: str) -> Payment | None:
        return (by_reference.get(UUID(reference)) if _is_uuid(reference) else None) or by_id.get(id_)

    return find


def payments_expected(provider: str, start: datetime, end: datetime) -> Iterator[Payment]:
    """Return the payments of that period that the provider must have."""
    made = Payment.objects.filter(provider=provider, created_at__gte=start, created_at__lt=end)
    return made.filter(status__in=reconciliation.EXPECTED).iterator()


def payments_unsettled(provider: str, before: datetime) -> Iterator[Payment]:
    """Return older payments that are not settled, or have a refund that is open or was changed since `before`."""
    older = Payment.objects.filter(provider=provider, created_at__lt=before)
    refunds = Refund.objects.filter(Q(status__in=OPEN) | Q(updated_at__gte=before)).values("payment_id")
    yield from older.filter(status__in=reconciliation.UNSETTLED).iterator()
    yield from older.filter(id__in=refunds).iterator()


def objects_that_differ(provider: str) -> frozenset[str]:
    """Return the provider's ids of the objects with an open mismatch."""
    rows = Mismatch.objects.filter(provider=provider, resolved_at=None)
    return frozenset(rows.values_list("provider_id", flat=True))


def booked_refunds(payment_ids: Collection[UUID]) -> Mapping[UUID, list[BookedRefund]]:
    """Return the refunds of these payments, in one statement."""
    found: defaultdict[UUID, list[BookedRefund]] = defaultdict(list)
    for row in Refund.objects.filter(payment_id__in=payment_ids):
        status = RefundStatus(row.status)
        booked = BookedRefund(
            id=str(row.id), provider_id=row.provider_id, amount=row.amount, currency=row.currency, status=status
        )
        found[row.payment_id].append(booked)
    return found


def ledger_totals(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return what the ledger says of a period: minor units by provider, currency and kind of entry."""
    entries = PaymentEvent.objects.filter(at__gte=start, at__lt=end, outcome=Outcome.SUCCEEDED).order_by()
    groups = entries.values("payment__provider", "currency", "kind").annotate(amount=Sum("amount"), entries=Count("id"))
    return [
        {
            "provider": group["payment__provider"],
            **{name: group[name] for name in ("currency", "kind", "amount", "entries")},
        }
        for group in groups.order_by("payment__provider", "currency", "kind")
    ]


def counters_and_ledger(start: datetime, end: datetime, also: Collection[UUID]) -> Iterator[tuple[Payment, str, str]]:
    """Return the payments made or changed in the period or in `also` whose counters differ from ledger and refunds.

    Each comes with a text of its counters and one of the ledger and the refunds.
    """
    made = Q(created_at__gte=start, created_at__lt=end)
    recent = made | Q(updated_at__gte=start, updated_at__lt=end) | Q(id__in=also)
    summed = Payment.objects.filter(recent).annotate(
        charged=_ledger_sum(EntryKind.CHARGE),
        returned=_ledger_sum(EntryKind.REFUND) - _ledger_sum(EntryKind.REVERSAL),
        claims=_refund_sum([*OPEN, RefundStatus.SUCCEEDED]),
        given_back=_refund_sum([RefundStatus.SUCCEEDED]),
        taken=_ledger_sum(EntryKind.CHARGEBACK) - _ledger_sum(EntryKind.CHARGEBACK_REVERSAL),
        disputed=_sum(Dispute.objects.filter(**_OF_PAYMENT).values("payment_id"), "taken_amount"),
    )
    agreeing = {"captured_amount": F("charged"), "refunded_amount": F("returned"), "claimed_amount": F("claims")}
    lost = F("disputed_amount") + F("charged_back_amount")
    for row in summed.exclude(**agreeing, given_back=F("refunded_amount"), taken=lost, disputed=lost).iterator():
        ours = (
            f"captured {row.captured_amount}, claimed {row.claimed_amount}, refunded {row.refunded_amount}, "
            f"taken by disputes {row.disputed_amount + row.charged_back_amount}"
        )
        theirs = (
            f"captured {row.charged}, claimed {row.claims}, refunded {row.returned}, refunds {row.given_back}, "
            f"taken by disputes {row.taken}, disputes {row.disputed}"
        )
        yield row, ours, theirs


def _ledger_sum(kind: EntryKind) -> Coalesce:
    entries = PaymentEvent.objects.filter(**_OF_PAYMENT, kind=kind, outcome=Outcome.SUCCEEDED)
    return _sum(entries.values("payment_id"))


def _refund_sum(statuses: list[RefundStatus]) -> Coalesce:
    return _sum(Refund.objects.filter(**_OF_PAYMENT, status__in=statuses).values("payment_id"))


def _sum(rows: QuerySet[Any, Any], column: str = "amount") -> Coalesce:
    amount = rows.order_by().annotate(amounts=Sum(column)).values("amounts")
    return Coalesce(Subquery(amount), 0, output_field=BigIntegerField())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def call_running(payment_id: UUID, now: datetime) -> bool:
    """Return whether a call about this payment is being made at this moment."""
    running = ProviderCall.objects.filter(payment_id=payment_id, status=CallStatus.OPEN, leased_until__gt=now)
    return bool(running.exists())


def says_anything_new(event: WebhookEvent, payment: Payment) -> bool:
    """Return whether the webhook's snapshot differs from our payment."""
    return webhooks.is_new(
        event.hint, status=payment.status, captured=payment.captured_amount, refunded=payment.refunded_amount
    )


def payments_waiting(before: datetime, limit: int, *, without: Collection[str] = ()) -> list[UUID]:
    """Return the ids of payments that wait for the customer and were not looked up since `before`."""
    waiting = Payment.objects.filter(status=PaymentStatus.ACTION_REQUIRED, looked_at__lt=before, provider__in=ONLINE)
    return list(waiting.exclude(id__in=without).order_by("looked_at").values_list("id", flat=True)[:limit])


#: Outcomes of the ledger entries that are counted; the others only say that something has begun.
_COUNTED = {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN}


def ledger_figures() -> Iterator[CounterMetricFamily]:
    """Return `souk_payments_amount` and `souk_payments_entries`, summed from the ledger."""
    labels = ["kind", "outcome", "currency"]
    amounts = CounterMetricFamily("souk_payments_amount", "Minor units, by ledger entry.", labels=labels)
    entries = CounterMetricFamily("souk_payments_entries", "Ledger entries.", labels=labels)
    groups = PaymentEvent.objects.order_by().values_list(*labels)
    for kind, outcome, currency, amount, count in groups.annotate(Sum("amount"), Count("id")):
        if outcome in _COUNTED:
            amounts.add_metric([kind, outcome, currency], amount)
            entries.add_metric([kind, outcome, currency], count)
    yield from (amounts, entries)
