"""Reply messages to the order service, built from the present state; a repeated command gets the same reply. Pure."""

from __future__ import annotations

from uuid import UUID

from payments.domain.dispute import Dispute
from payments.domain.payment import Payment, PaymentStatus
from payments.domain.refund import Refund, RefundStatus
from payments.events_out import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentDeferred,
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefundFailed,
)


def authorization_reply(payment: Payment) -> object | None:
    """Return the reply to `payment.authorize`; None while there is none yet."""
    match payment.status:
        case PaymentStatus.AUTHORIZED | PaymentStatus.CAPTURING | PaymentStatus.CAPTURED | PaymentStatus.CAPTURE_FAILED:
            return authorized(payment, attempt=payment.attempt)
        case PaymentStatus.ACTION_REQUIRED:
            return action_required(payment)
        case PaymentStatus.DECLINED | PaymentStatus.FAILED | PaymentStatus.VOIDED:
            return declined(payment, payment.code or "voided", payment.message or "The payment was released.")
        case _:
            return None


def refund_reply(refund: Refund, payment: Payment) -> object | None:
    """Return the reply to `payment.refund`; None while there is none yet."""
    match refund.status:
        case RefundStatus.SUCCEEDED:
            return refunded(refund, payment)
        case RefundStatus.FAILED | RefundStatus.REVERSED:
            return refund_failed(refund, payment)
        case _:
            return None


def authorized(payment: Payment, *, attempt: int) -> PaymentAuthorized:
    """`attempt`: the one that the command named."""
    return PaymentAuthorized(order_id=payment.order_id, payment_id=payment.id, attempt=attempt, amount=payment.amount)


def action_required(payment: Payment) -> PaymentActionRequired:
    return PaymentActionRequired(
        order_id=payment.order_id,
        payment_id=payment.id,
        attempt=payment.attempt,
        action_url=payment.action_url,
        instructions=payment.message,
    )


def declined(payment: Payment, code: str, message: str) -> PaymentDeclined:
    return PaymentDeclined(
        order_id=payment.order_id, payment_id=payment.id, attempt=payment.attempt, code=code, message=message
    )


def deferred(payment: Payment) -> PaymentDeferred:
    return PaymentDeferred(order_id=payment.order_id, payment_id=payment.id, amount=payment.amount)


def captured(payment: Payment) -> PaymentCaptured:
    return PaymentCaptured(order_id=payment.order_id, payment_id=payment.id, amount=payment.money(payment.captured))


def capture_failed(order_id: UUID, payment_id: UUID, code: str, message: str) -> PaymentCaptureFailed:
    return PaymentCaptureFailed(order_id=order_id, payment_id=payment_id, code=code, message=message)


def refunded(refund: Refund, payment: Payment, *, attempt: int = 0) -> PaymentRefunded:
    """`attempt`: the one that the command named, if it is not the refund's own."""
    return PaymentRefunded(
        order_id=payment.order_id,
        refund_id=refund.key,
        attempt=attempt or refund.attempt,
        amount=refund.amount,
        refunded_total=payment.money(payment.returned),
        reason=refund.reason if refund.requested_by else "",
    )


def refund_failed(refund: Refund, payment: Payment) -> PaymentRefundFailed:
    return PaymentRefundFailed(
        order_id=payment.order_id,
        refund_id=refund.key,
        attempt=refund.attempt,
        code=refund.code,
        message=refund.message,
        refunded_total=payment.money(payment.returned),
    )


def refund_rejected(refund: Refund, order_id: UUID, code: str, message: str) -> PaymentRefundFailed:
    """For a refund that was not created: nothing was captured, or the amount is invalid."""
    return PaymentRefundFailed(
        order_id=order_id, refund_id=refund.key, attempt=refund.attempt, code=code, message=message
    )


def disputed(payment: Payment, dispute: Dispute) -> PaymentDisputed:
    return PaymentDisputed(
        order_id=payment.order_id,
        payment_id=payment.id,
        dispute_id=dispute.id,
        amount=dispute.amount,
        reason=dispute.reason,
        respond_by=dispute.respond_by,
    )


def dispute_closed(payment: Payment, dispute: Dispute) -> PaymentDisputeClosed:
    return PaymentDisputeClosed(
        order_id=payment.order_id,
        payment_id=payment.id,
        dispute_id=dispute.id,
        outcome=dispute.status.value,
        amount=dispute.amount,
        refunded_total=payment.money(payment.returned),
    )
