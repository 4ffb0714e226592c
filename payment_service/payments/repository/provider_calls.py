"""Rows of calls to the provider: created once for each operation, withdrawn while unsent, leased to one worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from chassis.core import context
from chassis.core.money import Money
from chassis.transactions import Conflict
from chassis.work import leasing
from payments.domain.payment import PaymentStatus
from payments.domain.provider_calls import CREATING, LeasedCall, Operation, PlannedCall
from payments.models import CallStatus, ProviderCall

#: Longer than the longest call with a look-up before and after it; see PAYMENT_TIMEOUT.
LEASE = timedelta(seconds=60)

LONGEST_ERROR = 500


def start_call(row: ProviderCall, *, now: datetime) -> LeasedCall | None:
    """Store that the leased call is being sent, with its idempotency key; None if the lease was lost meanwhile."""
    operation, was_sent, payment = Operation(row.operation), row.sent_at is not None, row.payment
    sent_at = row.sent_at or now
    key = _idempotency_key(operation, row.subject, row.attempts)
    if not leasing.renew(row, now=now, lasting=LEASE, sent_at=sent_at, idempotency_key=key, updated_at=now):
        return None
    assert row.lease is not None  # else it could not be renewed
    return LeasedCall(
        id=row.id,
        lease=row.lease,
        operation=operation,
        order_id=payment.order_id,
        payment_id=payment.id,
        refund_id=row.refund_id,
        number=payment.number,
        amount=Money(row.amount, row.currency),
        method=payment.method,
        provider=payment.provider,
        provider_id=payment.provider_id,
        key=key,
        was_sent=was_sent,
        sent_at=sent_at,
        attempts=row.attempts,
        expires_at=payment.expires_at,
        stopped_at=row.stopped_at,
        unwanted=payment.status in {PaymentStatus.VOIDING, PaymentStatus.VOIDED},
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
    )


def finish_call(call: LeasedCall, status: CallStatus, *, now: datetime, error: str = "") -> bool:
    """End the call; return False if another worker has it now."""
    return leasing.finish(_row(call), now=now, error=error[:LONGEST_ERROR], status=status, updated_at=now)


def retry_call(call: LeasedCall, *, at: datetime, now: datetime, error: str = "", sent: bool = True) -> bool:
    """Make the call due again; return False if another worker has it now. `sent`: it may have reached the provider."""
    changes = {} if sent else {"sent_at": None}
    return leasing.try_later(_row(call), at=at, error=error[:LONGEST_ERROR], updated_at=now, **changes)


def stop_call(row: ProviderCall, *, by: str, reason: str, now: datetime) -> bool:
    """Store that staff have given up the call, and make it due; return False if it has ended or is being made."""
    waiting = ProviderCall.objects.filter(leasing.unleased(now), id=row.id, finished_at=None)
    return bool(
        waiting.update(
            stopped_at=row.stopped_at or now, stopped_by=by, stop_reason=reason, due_at=now, lease=None,
            leased_until=None, updated_at=now,
        )
    )  # fmt: skip


def _row(call: LeasedCall) -> ProviderCall:
    """What identifies the row and the lease on it."""
    return ProviderCall(id=call.id, lease=call.lease)


def unsent(order_id: UUID) -> QuerySet[ProviderCall]:
    """Return the authorizations and captures that no worker has sent, so that they can be withdrawn."""
    return ProviderCall.objects.filter(
        payment__order_id=order_id,
        operation__in=[Operation.AUTHORIZE, Operation.CONFIRM, Operation.CAPTURE],
        status=CallStatus.OPEN,
        sent_at=None,
        lease=None,
    )


def withdraw(order_id: UUID, payment_ids: list[UUID], now: datetime) -> None:
    """Withdraw the unsent calls of these payments. Raises Conflict if one was leased meanwhile."""
    if payment_ids:
        ids = list(unsent(order_id).filter(payment_id__in=payment_ids).values_list("id", flat=True))
        free = ProviderCall.objects.filter(id__in=ids, status=CallStatus.OPEN, sent_at=None, lease=None)
        if free.update(status=CallStatus.WITHDRAWN, due_at=None, finished_at=now, updated_at=now) != len(payment_ids):
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
