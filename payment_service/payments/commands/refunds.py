"""Commands about refunds, by message and by staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.core.money import Money
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands.order_changes import store
from payments.domain import refunds
from payments.domain.refund import Refund, SettlesAnotherOrder, attempt_id


@transactional
def refund_payment(
    *, order_id: UUID, refund_id: UUID, amount: Money, reason: str, now: datetime, attempt: int = 1
) -> None:
    """Begin a refund that another service has commanded; a refusal is sent as a message."""
    order = repository.locked(order_id)
    refunds.request_by_message(
        order,
        Refund(
            id=attempt_id(refund_id, attempt),
            key=refund_id,
            attempt=attempt,
            payment_id=refund_id,
            amount=amount,
            reason=reason[:200],
        ),
    )
    store(order, now)


@transactional
def request_refund(
    *,
    payment_id: UUID,
    amount: Money,
    reason: str,
    requested_by: str,
    now: datetime,
    reason_code: str = "",
    refund_id: UUID | None = None,
    settles: UUID | None = None,
) -> UUID:
    """Begin a refund that a staff member has requested, and return its id. The same `refund_id` is one refund.

    `settles`: the return or the order that the refund is for, so that the order service can settle it.
    Raises PaymentNotFound, NotCaptured, InvalidAmount, RefundExceedsCaptured, RefundUnderWay, AlreadyRefunded,
    SettlesAnotherOrder.
    """
    order_id = queries.order_of(payment_id)
    order = repository.locked(order_id, actor=requested_by)
    if refund_id in order.refunds:
        return refund_id
    if any(queries.belongs_to_another_order(named, order_id) for named in (refund_id, settles) if named):
        raise SettlesAnotherOrder
    new_id = refund_id or uuid7()
    refund = Refund(
        id=new_id,
        key=settles or new_id,
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        reason_code=reason_code,
        requested_by=requested_by,
    )
    refunds.request_next_attempt(order, refund)
    store(order, now)
    return new_id


@transactional
def retry_refund(*, refund_id: UUID, requested_by: str, now: datetime) -> UUID:
    """Begin a new attempt at a refund that failed, and return the new attempt's id.

    Raises RefundNotRetriable, RefundUnderWay, AlreadyRefunded, NotCaptured, RefundExceedsCaptured.
    """
    order = repository.locked(queries.order_of_refund(refund_id), actor=requested_by)
    attempt = refunds.retry(order, refund_id, requested_by=requested_by)
    store(order, now)
    return attempt.id
