"""The payments of an order: locked, loaded, and saved by conditional updates."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.core.money import Money
from chassis.transactions import Conflict
from payments import models
from payments.domain.dispute import Dispute, DisputeStatus
from payments.domain.ledger import Entry
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import Payment, PaymentStatus
from payments.domain.refund import Refund, RefundStatus
from payments.repository import provider_calls

#: Fields whose column has another name.
_COUNTERS = {
    "captured": "captured_amount",
    "claimed": "claimed_amount",
    "refunded": "refunded_amount",
    "disputed": "disputed_amount",
    "charged_back": "charged_back_amount",
}
_TAKEN = {"taken": "taken_amount"}


def locked(order_id: UUID, *, withdrawing: bool = False, actor: str = "") -> OrderPayments:
    """Return the payments of the order, locked until the transaction ends.

    `withdrawing`: also read which calls were not sent yet, so that they can be withdrawn. `actor`: the staff member.
    """
    rows = models.OrderAccount.objects.select_for_update().filter(order_id=order_id)
    found = rows.values_list("closed_at", "voided_at")
    account = next(iter(found), None)
    if account is None:
        models.OrderAccount.objects.bulk_create([models.OrderAccount(order_id=order_id)], ignore_conflicts=True)
        account = next(iter(found.all()))
    payments = [_payment(row) for row in models.Payment.objects.filter(order_id=order_id)]
    captured = any(payment.captured for payment in payments)
    refunds = models.Refund.objects.filter(payment__order_id=order_id).order_by("created_at", "id") if captured else []
    disputes = models.Dispute.objects.filter(payment__order_id=order_id) if captured else []
    order = OrderPayments(
        order_id=order_id,
        closed=account[0] is not None,
        voided=account[1] is not None,
        actor=actor,
        payments={payment.id: payment for payment in payments},
        refunds={refund.id: refund for refund in map(_refund, refunds)},
        disputes={dispute.id: dispute for dispute in map(_dispute, disputes)},
    )
    if withdrawing and payments:
        order.unsent = frozenset(provider_calls.unsent(order_id).values_list("payment_id", flat=True))
    order.loaded = replace(
        order, payments=dict(order.payments), refunds=dict(order.refunds), disputes=dict(order.disputes)
    )
    return order


def save(order: OrderPayments, *, now: datetime) -> list[UUID]:
    """Write what has changed and return the ids of the new calls. Raises Conflict if a row was changed meanwhile."""
    before = order.loaded or OrderPayments(order_id=order.order_id)
    _save_account(order, before, now)
    for payment in order.payments.values():
        _save_payment(payment, before.payments.get(payment.id), now)
    for refund in order.refunds.values():
        _save_refund(refund, before.refunds.get(refund.id), now)
    for dispute in order.disputes.values():
        _save_dispute(dispute, before.disputes.get(dispute.id), now)
    provider_calls.withdraw(order.order_id, order.withdrawn, now)
    call_ids = provider_calls.add(order.calls, now)
    if order.entries:
        models.PaymentEvent.objects.bulk_create([_ledger_row(entry, now) for entry in order.entries])
    return call_ids


def _save_account(order: OrderPayments, before: OrderPayments, now: datetime) -> None:
    changes: dict[str, datetime | None] = {}
    if order.closed and not before.closed:
        changes["closed_at"] = now
    if order.voided != before.voided:
        changes["voided_at"] = now if order.voided else None
    if changes:
        models.OrderAccount.objects.filter(order_id=order.order_id).update(**changes)


def _save_payment(payment: Payment, before: Payment | None, now: datetime) -> None:
    if before is None:
        models.Payment.objects.create(**_columns(payment), looked_at=now, created_at=now, updated_at=now)
    elif payment != before:
        unchanged = {name: _columns(before)[name] for name in ("status", *_COUNTERS.values())}
        mine = models.Payment.objects.filter(id=payment.id, **unchanged)
        if not mine.update(**_changes(payment, before), updated_at=now):
            raise Conflict("the payment was changed meanwhile")


def _save_refund(refund: Refund, before: Refund | None, now: datetime) -> None:
    if before is None:
        models.Refund.objects.create(**_columns(refund), created_at=now, updated_at=now)
    elif refund != before:
        mine = models.Refund.objects.filter(id=refund.id, status=before.status)
        if not mine.update(**_changes(refund, before), updated_at=now):
            raise Conflict("the refund was changed meanwhile")


def _save_dispute(dispute: Dispute, before: Dispute | None, now: datetime) -> None:
    columns = {_TAKEN.get(field.name, field.name): getattr(dispute, field.name) for field in fields(dispute)}
    columns |= {
        "amount": dispute.amount.amount,
        "currency": dispute.amount.currency,
        "reason": dispute.reason[:64],
        "decided": dispute.decided,
    }
    if before is None:
        models.Dispute.objects.create(**columns, created_at=now, updated_at=now)
    elif dispute != before:
        mine = models.Dispute.objects.filter(id=dispute.id, status=before.status, taken_amount=before.taken)
        if not mine.update(**columns, updated_at=now):
            raise Conflict("the dispute was changed meanwhile")


def _columns(row: Payment | Refund) -> dict[str, Any]:
    """Return the domain object's fields as columns: money as two of them, counters under their names there."""
    values = {_COUNTERS.get(field.name, field.name): getattr(row, field.name) for field in fields(row)}
    return {**values, "amount": row.amount.amount, "currency": row.amount.currency, "code": row.code[:64]}


def _changes(row: Payment | Refund, before: Payment | Refund) -> dict[str, Any]:
    known = _columns(before)
    return {name: value for name, value in _columns(row).items() if value != known[name]}


def _payment(row: models.Payment) -> Payment:
    return Payment(**_fields(Payment, row), amount=Money(row.amount, row.currency), status=PaymentStatus(row.status))


def _refund(row: models.Refund) -> Refund:
    refund = Refund(**_fields(Refund, row), amount=Money(row.amount, row.currency), status=RefundStatus(row.status))
    return refund if row.key else replace(refund, key=row.id)


def _dispute(row: models.Dispute) -> Dispute:
    return Dispute(
        id=row.id,
        payment_id=row.payment_id,
        provider_id=row.provider_id,
        amount=Money(row.amount, row.currency),
        status=DisputeStatus(row.status),
        reason=row.reason,
        respond_by=row.respond_by,
        taken=row.taken_amount,
    )


def _fields(kind: type[Payment] | type[Refund], row: Any) -> dict[str, Any]:
    """Return the fields that the row has as they are."""
    names = {field.name for field in fields(kind)} - {"amount", "status"}
    return {name: getattr(row, _COUNTERS.get(name, name)) for name in names}


def _ledger_row(entry: Entry, now: datetime) -> models.PaymentEvent:
    return models.PaymentEvent(
        payment_id=entry.payment_id,
        refund_id=entry.refund_id,
        dispute_id=entry.dispute_id,
        kind=entry.kind,
        outcome=entry.outcome,
        amount=entry.amount.amount,
        currency=entry.amount.currency,
        code=entry.code[:64],
        message=entry.message,
        actor=entry.actor,
        at=now,
    )
