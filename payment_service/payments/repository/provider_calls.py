"""Rows of calls to the provider: created once for each operation, withdrawn while unsent, leased to one worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet

from chassis.core import context
from chassis.core.money import Money
from chassis.transactions import Conflict
from payments.domain.payment import PaymentStatus
from payments.domain.provider_calls import CREATING, LeasedCall, Operation, PlannedCall
from payments.models import CallStatus, ProviderCall

#: Longer than the longest call with a look-up before and after it; see PAYMENT_TIMEOUT.
LEASE = timedelta(seconds=60)


_READ = (
    "operation", "subject", "refund_id", "amount", "currency", "lease", "sent_at", "attempts", "correlation_id",
    "causation_id", "payment_id", "payment__order_id", "payment__number", "payment__method", "payment__provider",
    "payment__provider_id", "payment__expires_at", "payment__status",
)  # fmt: skip


def lease_call(call_id: UUID, *, now: datetime) -> LeasedCall | None:
    """Lease the call and store that it is being sent; None if it is not due or another worker has it."""
    due = ProviderCall.objects.filter(id=call_id, status=CallStatus.OPEN, due_at__lte=now, leased_until__lte=now)
    row = due.values(*_READ).first()
    if row is None:
        return None
    lease, attempts, sent_at = uuid4(), row["attempts"] + 1, row["sent_at"] or now
    operation = Operation(row["operation"])
    key = _idempotency_key(operation, row["subject"], attempts)
    # Every lease counts as an attempt: if both are unchanged, no other worker has taken the call.
    mine = ProviderCall.objects.filter(
        id=call_id, status=CallStatus.OPEN, attempts=row["attempts"], lease=row["lease"]
    ).update(
        lease=lease,
        leased_until=now + LEASE,
        attempts=attempts,
        sent_at=sent_at,
        idempotency_key=key,
        updated_at=now,
    )
    if not mine:
        return None
    return LeasedCall(
        id=call_id,
        lease=lease,
        operation=operation,
        order_id=row["payment__order_id"],
        payment_id=row["payment_id"],
        refund_id=row["refund_id"],
        number=row["payment__number"],
        amount=Money(row["amount"], row["currency"]),
        method=row["payment__method"],
        provider=row["payment__provider"],
        provider_id=row["payment__provider_id"],
        key=key,
        was_sent=row["sent_at"] is not None,
        sent_at=sent_at,
        attempts=attempts,
        expires_at=row["payment__expires_at"],
        unwanted=row["payment__status"] in {PaymentStatus.VOIDING, PaymentStatus.VOIDED},
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
    )


def update_call(call: LeasedCall, *, now: datetime, **changes: Any) -> bool:
    """Write the call's row; return False if another worker has taken the call over meanwhile."""
    mine = ProviderCall.objects.filter(id=call.id, lease=call.lease, status=CallStatus.OPEN)
    return bool(mine.update(**changes, updated_at=now))


def unsent(order_id: UUID) -> QuerySet[ProviderCall]:
    """Return the authorizations and captures that no worker has sent, so that they can be withdrawn."""
    return ProviderCall.objects.filter(
        payment__order_id=order_id,
        operation__in=[Operation.AUTHORIZE, Operation.CAPTURE],
        status=CallStatus.OPEN,
        sent_at=None,
        lease=None,
    )


def withdraw(order_id: UUID, payment_ids: list[UUID], now: datetime) -> None:
    """Withdraw the unsent calls of these payments. Raises Conflict if one was leased meanwhile."""
    if payment_ids:
        ids = list(unsent(order_id).filter(payment_id__in=payment_ids).values_list("id", flat=True))
        free = ProviderCall.objects.filter(id__in=ids, status=CallStatus.OPEN, sent_at=None, lease=None)
        if free.update(status=CallStatus.WITHDRAWN, updated_at=now) != len(payment_ids):
            raise Conflict("a call was leased meanwhile")


def add(planned: Iterable[PlannedCall], now: datetime) -> list[UUID]:
    """Add each call, once for each operation and object, and return the ids; duplicates are ignored and have no row."""
    trace = context.current()
    rows = [
        ProviderCall(
            operation=call.operation,
            subject=call.refund_id or call.payment_id,
            payment_id=call.payment_id,
            refund_id=call.refund_id,
            amount=call.amount.amount,
            currency=call.amount.currency,
            due_at=now,
            correlation_id=trace.correlation_id,
            causation_id=trace.causation_id,
            created_at=now,
            updated_at=now,
        )
        for call in planned
    ]
    if rows:
        ProviderCall.objects.bulk_create(rows, ignore_conflicts=True)
    return [row.id for row in rows]


def _idempotency_key(operation: Operation, subject: UUID, attempts: int) -> str:
    """Return the key that the provider recognizes a repeated request by.

    An operation that creates an object keeps its key, so that the provider itself creates no second one. A capture
    or void that a look-up found not done gets a new key: under the old one the provider would repeat a stored
    error, and its own rules refuse a second capture.
    """
    return f"souk-{operation}-{subject}" + ("" if operation in CREATING else f"-{attempts}")
