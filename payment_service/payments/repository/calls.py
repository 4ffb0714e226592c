"""Calls to the provider: made once for each ask, taken back while unsent, and leased to whoever makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet

from chassis.core import context
from chassis.core.money import Money
from chassis.transactions import Conflict
from payments.domain.ledger import Ask, Operation
from payments.domain.payment import PaymentStatus
from payments.models import CallStatus, ProviderCall

#: Longer than the longest call with its look before and after; see PAYMENT_TIMEOUT.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call that is ours to make. `was_sent`: an earlier try may have got through; `sent_at`: the first one.

    `unwanted`: the order was closed, or another attempt took its place, while this was under way.
    """

    id: UUID
    lease: UUID
    operation: Operation
    order_id: UUID
    payment_id: UUID
    refund_id: UUID | None
    number: str
    amount: Money
    method: str
    provider: str
    provider_id: str
    key: str
    was_sent: bool
    sent_at: datetime
    attempts: int
    expires_at: datetime
    unwanted: bool
    correlation_id: str
    causation_id: str | None


_READ = (
    "operation", "subject", "refund_id", "amount", "currency", "lease", "sent_at", "attempts", "correlation_id",
    "causation_id", "payment_id", "payment__order_id", "payment__number", "payment__method", "payment__provider",
    "payment__provider_id", "payment__expires_at", "payment__status",
)  # fmt: skip


def begin_call(call_id: UUID, *, now: datetime) -> Begun | None:
    """Lease the call and note that it is being sent; None when it is not due, or somebody else has it."""
    due = ProviderCall.objects.filter(id=call_id, status=CallStatus.OPEN, due_at__lte=now, leased_until__lte=now)
    row = due.values(*_READ).first()
    if row is None:
        return None
    lease, attempts, sent_at = uuid4(), row["attempts"] + 1, row["sent_at"] or now
    operation = Operation(row["operation"])
    key = _idempotency_key(operation, row["subject"], attempts)
    # Every lease counts as an attempt, so nobody was quicker as long as these have not changed.
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
    return Begun(
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


def end_call(begun: Begun, *, now: datetime, **after: Any) -> bool:
    """Write the call's row; False when another has taken it over meanwhile."""
    mine = ProviderCall.objects.filter(id=begun.id, lease=begun.lease, status=CallStatus.OPEN)
    return bool(mine.update(**after, updated_at=now))


def unsent(order_id: UUID) -> QuerySet[ProviderCall]:
    """Authorizations and captures that nobody has begun, so that they can still be taken back."""
    return ProviderCall.objects.filter(
        payment__order_id=order_id,
        operation__in=[Operation.AUTHORIZE, Operation.CAPTURE],
        status=CallStatus.OPEN,
        sent_at=None,
        lease=None,
    )


def withdraw(order_id: UUID, payment_ids: list[UUID], now: datetime) -> None:
    """Take back the unsent calls of these payments. Raises Conflict when one was begun meanwhile."""
    if payment_ids:
        ids = list(unsent(order_id).filter(payment_id__in=payment_ids).values_list("id", flat=True))
        free = ProviderCall.objects.filter(id__in=ids, status=CallStatus.OPEN, sent_at=None, lease=None)
        if free.update(status=CallStatus.WITHDRAWN, updated_at=now) != len(payment_ids):
            raise Conflict("a call was begun meanwhile")


def add(asks: Iterable[Ask], now: datetime) -> list[UUID]:
    """Each operation once for each object: what is asked again is there already. Ids, of which some may be no rows."""
    trace = context.current()
    calls = [
        ProviderCall(
            operation=ask.operation,
            subject=ask.refund_id or ask.payment_id,
            payment_id=ask.payment_id,
            refund_id=ask.refund_id,
            amount=ask.amount.amount,
            currency=ask.amount.currency,
            due_at=now,
            correlation_id=trace.correlation_id,
            causation_id=trace.causation_id,
            created_at=now,
            updated_at=now,
        )
        for ask in asks
    ]
    if calls:
        ProviderCall.objects.bulk_create(calls, ignore_conflicts=True)
    return [call.id for call in calls]


def _idempotency_key(operation: Operation, subject: UUID, attempts: int) -> str:
    """What makes something has one key for ever: the provider itself then makes no second one.

    A capture or void, sent again after a look that found it not done, gets a new key: the provider would
    repeat a stored error under the old one, and a second capture is refused by its own rules.
    """
    lasting = operation in {Operation.AUTHORIZE, Operation.REFUND}
    return f"souk-{operation}-{subject}" + ("" if lasting else f"-{attempts}")
