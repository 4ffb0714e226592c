"""The words in which an answer is given; a repeated question gets the same ones again."""

from __future__ import annotations

from uuid import UUID

from payments.domain.payment import Payment, PaymentStatus, Refund, RefundStatus
from payments.events_out import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
    PaymentRefundFailed,
)

S = PaymentStatus


def repeated(payment: Payment) -> object | None:
    """The answer to `payment.authorize` as it stands; None while there is none yet."""
    match payment.status:
        case S.AUTHORIZED | S.CAPTURING | S.CAPTURED | S.CAPTURE_FAILED:
            return authorized(payment, attempt=payment.attempt)
        case S.ACTION_REQUIRED:
            return action_required(payment)
        case S.DECLINED | S.FAILED | S.VOIDED:
            return declined(payment, payment.code or "voided", payment.message or "The payment was released.")
        case _:
            return None


def repeated_refund(refund: Refund, payment: Payment) -> object | None:
    """The answer to `payment.refund` as it stands; None while there is none yet."""
    match refund.status:
        case RefundStatus.SUCCEEDED:
            return refunded(refund, payment)
        case RefundStatus.FAILED | RefundStatus.REVERSED:
            return refund_failed(refund, payment)
        case _:
            return None


def authorized(payment: Payment, *, attempt: int) -> PaymentAuthorized:
    return PaymentAuthorized(order_id=payment.order_id, payment_id=payment.id, attempt=attempt, amount=payment.amount)


def action_required(payment: Payment) -> PaymentActionRequired:
    return PaymentActionRequired(
        order_id=payment.order_id, payment_id=payment.id, attempt=payment.attempt, action_url=payment.action_url
    )


def declined(payment: Payment, code: str, message: str) -> PaymentDeclined:
    return PaymentDeclined(
        order_id=payment.order_id, payment_id=payment.id, attempt=payment.attempt, code=code, message=message
    )


def captured(payment: Payment) -> PaymentCaptured:
    return PaymentCaptured(order_id=payment.order_id, payment_id=payment.id, amount=payment.money(payment.captured))


def capture_failed(order_id: UUID, payment_id: UUID, code: str, message: str) -> PaymentCaptureFailed:
    return PaymentCaptureFailed(order_id=order_id, payment_id=payment_id, code=code, message=message)


def refunded(refund: Refund, payment: Payment, *, attempt: int = 0) -> PaymentRefunded:
    """`attempt`: the one that was asked about, when it is not the refund's own."""
    return PaymentRefunded(
        order_id=payment.order_id,
        refund_id=refund.key,
        attempt=attempt or refund.attempt,
        amount=refund.amount,
        refunded_total=payment.money(payment.refunded),
        reason=refund.reason if refund.requested_by else "",
    )


def refund_failed(refund: Refund, payment: Payment) -> PaymentRefundFailed:
    return PaymentRefundFailed(
        order_id=payment.order_id,
        refund_id=refund.key,
        attempt=refund.attempt,
        code=refund.code,
        message=refund.message,
        refunded_total=payment.money(payment.refunded),
    )


def refund_refused(refund: Refund, order_id: UUID, code: str, message: str) -> PaymentRefundFailed:
    """Of a refund that cannot even be begun: there is no payment, or the amount is none."""
    return PaymentRefundFailed(
        order_id=order_id, refund_id=refund.key, attempt=refund.attempt, code=code, message=message
    )
