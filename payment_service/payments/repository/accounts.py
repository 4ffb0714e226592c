"""The account of an order: locked, loaded, and saved by conditional updates."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.core.money import Money
from chassis.transactions import Conflict
from payments import models
from payments.domain.account import Account
from payments.domain.ledger import Entry
from payments.domain.payment import Payment, PaymentStatus, Refund, RefundStatus
from payments.repository import calls


def locked(order_id: UUID, *, withdrawing: bool = False) -> Account:
    """The order's account, made when there is none, and locked until the transaction ends.

    `withdrawing`: with the calls that could still be taken back.
    """
    rows = models.OrderAccount.objects.select_for_update().filter(order_id=order_id)
    found = rows.values_list("closed_at", "voided_at")
    account_row = next(iter(found), None)
    if account_row is None:
        models.OrderAccount.objects.bulk_create([models.OrderAccount(order_id=order_id)], ignore_conflicts=True)
        account_row = next(iter(found.all()))
    payments = [_payment(found) for found in models.Payment.objects.filter(order_id=order_id)]
    taken = any(payment.captured for payment in payments)
    refunds = models.Refund.objects.filter(payment__order_id=order_id).order_by("created_at", "id") if taken else []
    account = Account(
        order_id=order_id,
        closed=account_row[0] is not None,
        voided=account_row[1] is not None,
        payments=payments,
        refunds=[_refund(found) for found in refunds],
    )
    if withdrawing and payments:
        account.unsent = frozenset(calls.unsent(order_id).values_list("payment_id", flat=True))
    account.loaded = _snapshot(account)
    return account


def save(account: Account, *, now: datetime) -> list[UUID]:
    """Write what has changed; the ids of the new calls. Raises Conflict when a row was changed meanwhile."""
    before = dict(account.loaded or {})
    _save_account(account, before, now)
    for payment in account.payments:
        _save_payment(payment, before.get(payment.id), now)
    for refund in account.refunds:
        _save_refund(refund, before.get(refund.id), now)
    calls.withdraw(account.order_id, account.withdrawals, now)
    made = calls.add(account.asks, now)
    if account.entries:
        models.PaymentEvent.objects.bulk_create([_event(entry, now) for entry in account.entries])
    return made


def _save_account(account: Account, before: dict[Any, Any], now: datetime) -> None:
    changes: dict[str, datetime | None] = {}
    if account.closed and not before.get("closed"):
        changes["closed_at"] = now
    if account.voided != before.get("voided", False):
        changes["voided_at"] = now if account.voided else None
    if changes:
        models.OrderAccount.objects.filter(order_id=account.order_id).update(**changes)


def _save_payment(payment: Payment, before: dict[str, Any] | None, now: datetime) -> None:
    after = _payment_state(payment)
    if before is None:
        models.Payment.objects.create(
            id=payment.id,
            order_id=payment.order_id,
            attempt=payment.attempt,
            customer_id=payment.customer_id,
            number=payment.number,
            amount=payment.amount.amount,
            currency=payment.amount.currency,
            provider=payment.provider,
            expires_at=payment.expires_at,
            looked_at=now,
            created_at=now,
            updated_at=now,
            **after,
        )
    elif after != before:
        counters = ("status", "captured_amount", "claimed_amount", "refunded_amount")
        mine = models.Payment.objects.filter(id=payment.id, **{name: before[name] for name in counters})
        if not mine.update(**after, updated_at=now):
            raise Conflict("the payment was changed meanwhile")


def _save_refund(refund: Refund, before: dict[str, Any] | None, now: datetime) -> None:
    after = _refund_state(refund)
    if before is None:
        models.Refund.objects.create(
            id=refund.id,
            payment_id=refund.payment_id,
            key=refund.key,
            amount=refund.amount.amount,
            currency=refund.amount.currency,
            reason=refund.reason,
            requested_by=refund.requested_by,
            created_at=now,
            updated_at=now,
            **after,
        )
    elif after != before:
        mine = models.Refund.objects.filter(id=refund.id, status=before["status"])
        if not mine.update(**after, updated_at=now):
            raise Conflict("the refund was changed meanwhile")


def _snapshot(account: Account) -> dict[Any, Any]:
    return {
        "closed": account.closed,
        "voided": account.voided,
        **{payment.id: _payment_state(payment) for payment in account.payments},
        **{refund.id: _refund_state(refund) for refund in account.refunds},
    }


def _payment_state(payment: Payment) -> dict[str, Any]:
    return {
        "status": payment.status.value,
        "captured_amount": payment.captured,
        "claimed_amount": payment.claimed,
        "refunded_amount": payment.refunded,
        "provider_id": payment.provider_id,
        "method": payment.method,
        "action_url": payment.action_url,
        "code": payment.code[:64],
        "message": payment.message,
    }


def _refund_state(refund: Refund) -> dict[str, Any]:
    return {
        "status": refund.status.value,
        "attempt": refund.attempt,
        "provider_id": refund.provider_id,
        "code": refund.code[:64],
        "message": refund.message,
    }


def _payment(row: models.Payment) -> Payment:
    return Payment(
        id=row.id,
        order_id=row.order_id,
        attempt=row.attempt,
        customer_id=row.customer_id,
        number=row.number,
        amount=Money(row.amount, row.currency),
        method=row.method,
        provider=row.provider,
        expires_at=row.expires_at,
        status=PaymentStatus(row.status),
        provider_id=row.provider_id,
        action_url=row.action_url,
        code=row.code,
        message=row.message,
        captured=row.captured_amount,
        claimed=row.claimed_amount,
        refunded=row.refunded_amount,
    )


def _refund(row: models.Refund) -> Refund:
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount, row.currency),
        key=row.key or row.id,
        attempt=row.attempt,
        reason=row.reason,
        requested_by=row.requested_by,
        status=RefundStatus(row.status),
        provider_id=row.provider_id,
        code=row.code,
        message=row.message,
    )


def _event(entry: Entry, now: datetime) -> models.PaymentEvent:
    return models.PaymentEvent(
        payment_id=entry.payment_id,
        refund_id=entry.refund_id,
        kind=entry.kind,
        outcome=entry.outcome,
        amount=entry.amount.amount,
        currency=entry.amount.currency,
        code=entry.code[:64],
        message=entry.message,
        at=now,
    )
