"""Operations on the refunds of an order. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from chassis.core.errors import DomainError
from payments.domain import replies
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import Payment, RefundExceedsCaptured
from payments.domain.provider_calls import Operation
from payments.domain.refund import (
    UNFINISHED,
    AlreadyRefunded,
    Refund,
    RefundNotRetriable,
    RefundStatus,
    RefundUnderWay,
    attempt_id,
)


def request(order: OrderPayments, refund: Refund) -> Refund:
    """Request a refund from the captured payment. Raises NotCaptured, InvalidAmount, RefundExceedsCaptured."""
    payment = order.keep(order.captured().with_claim(refund.amount))
    requested = order.keep_refund(replace(refund, payment_id=payment.id))
    order.call(Operation.REFUND, payment, refund.amount, refund.id)
    return requested


def request_next_attempt(order: OrderPayments, refund: Refund) -> Refund:
    """As `request`, by staff, as the next attempt at what it settles. Also raises RefundUnderWay, AlreadyRefunded."""
    attempts = order.attempts_of(refund.key)
    if any(earlier.status in UNFINISHED for earlier in attempts):
        raise RefundUnderWay
    if any(earlier.status is RefundStatus.SUCCEEDED for earlier in attempts):
        raise AlreadyRefunded
    return request(order, replace(refund, attempt=attempts[-1].attempt + 1 if attempts else 1))


def retry(order: OrderPayments, refund_id: UUID, *, requested_by: str) -> Refund:
    """Request a new attempt at a refund that failed. Raises as `request_next_attempt`, and RefundNotRetriable."""
    failed = order.refunds.get(refund_id)
    if failed is None or failed.status not in {RefundStatus.FAILED, RefundStatus.REVERSED}:
        raise RefundNotRetriable
    next_attempt = Refund(
        id=attempt_id(failed.key, order.attempts_of(failed.key)[-1].attempt + 1),
        key=failed.key,
        payment_id=failed.payment_id,
        amount=failed.amount,
        reason=failed.reason,
        reason_code=failed.reason_code,
        requested_by=requested_by,
    )
    return request_next_attempt(order, next_attempt)


def request_by_message(order: OrderPayments, refund: Refund) -> None:
    """As `request`, for the command of another service: a refusal is a reply too, and is stored.

    The same attempt gets the same reply. A later one is a new refund, unless an earlier one is under way
    (then it is that one) or has succeeded (then that is the reply, but for the rest of a canceled order's money).
    """
    attempts = order.attempts_of(refund.key)
    known = next((earlier for earlier in attempts if earlier.attempt == refund.attempt), None)
    succeeded = next((earlier for earlier in attempts if earlier.status is RefundStatus.SUCCEEDED), None)
    under_way = next((earlier for earlier in attempts if earlier.status in UNFINISHED), None)
    if known:
        order.send(replies.refund_reply(known, order.payment(known.payment_id)))
    elif attempts and attempts[-1].attempt > refund.attempt:
        pass  # an old command, overtaken by a newer one
    elif succeeded and not _is_rest(order, refund):
        order.send(replies.refunded(succeeded, order.payment(succeeded.payment_id), attempt=refund.attempt))
    elif under_way:
        order.keep_refund(replace(under_way, attempt=refund.attempt))
    else:
        _request_or_refuse(order, refund)


def _is_rest(order: OrderPayments, refund: Refund) -> bool:
    """Return whether the refund returns what is left of a canceled order's money, after a dispute was won."""
    return refund.key == order.order_id and refund.amount.amount <= order.captured().refundable


def _request_or_refuse(order: OrderPayments, refund: Refund) -> None:
    try:
        request(order, refund)
    except RefundExceedsCaptured as error:
        payment = order.captured()
        stored = replace(refund, payment_id=payment.id)
        if order.has_open_refund():
            order.keep_refund(replace(stored, status=RefundStatus.WAITING))
        else:
            _refuse(order, payment, stored, error)
    except DomainError as error:
        order.send(replies.refund_rejected(refund, order.order_id, error.code, error.message))


def request_waiting(order: OrderPayments) -> None:
    """Request the refunds that waited for another one to end, or refuse what is still too much."""
    for refund in list(order.refunds.values()):
        if refund.status is not RefundStatus.WAITING:
            continue
        payment = order.payment(refund.payment_id)
        try:
            payment = order.keep(payment.with_claim(refund.amount))
        except RefundExceedsCaptured as error:
            if not order.has_open_refund():
                _refuse(order, payment, refund, error)
        else:
            order.keep_refund(refund.with_status(RefundStatus.REQUESTED))
            order.call(Operation.REFUND, payment, refund.amount, refund.id)


def refund_remainder(order: OrderPayments, payment: Payment) -> None:
    """Refund what is left of a closed order's captured payment; the refund's key is the order's id."""
    attempts = order.attempts_of(order.order_id)
    attempt = attempts[-1].attempt + 1 if attempts else 1
    request(
        order,
        Refund(
            id=attempt_id(order.order_id, attempt),
            key=order.order_id,
            attempt=attempt,
            payment_id=payment.id,
            amount=payment.money(payment.refundable),
            reason="order canceled",
        ),
    )


def _refuse(order: OrderPayments, payment: Payment, refund: Refund, error: DomainError) -> None:
    failed = order.keep_refund(refund.failed(error.code, error.message))
    order.send(replies.refund_failed(failed, payment))
