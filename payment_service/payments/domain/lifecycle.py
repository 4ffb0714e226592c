"""Operations on the payments of an order: request an authorization or a capture, and close the order. Pure."""

from __future__ import annotations

from uuid import UUID

from chassis.core.errors import DomainError, Kind
from payments.domain import offline, refunds, replies
from payments.domain.methods import NOTHING
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import HOLDING, UNDECIDED, Payment, PaymentStatus
from payments.domain.provider_calls import Operation
from payments.events_out import PaymentVoided

NO_PAYMENT = UUID(int=0)
_RELEASABLE = UNDECIDED | {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURE_FAILED}


class NothingHeld(DomainError):
    """No money is held for this payment: it was collected, released, or never approved."""

    code, kind = "nothing_held", Kind.CONFLICT


def request_authorization(order: OrderPayments, payment: Payment, *, refusal: DomainError | None = None) -> None:
    """Request that the money be held, unless the order is closed or its money is held already.

    An earlier attempt that is still open is released, so that nobody is charged on two cards.
    `refusal`: why this way to pay cannot be used.
    """
    latest = order.latest()
    holding = next((p for p in order.payments.values() if p.status in HOLDING), None)
    if order.closed:
        order.send(PaymentVoided(order_id=order.order_id))
    elif latest and latest.attempt == payment.attempt:
        order.send(replies.authorization_reply(latest))
    elif latest and latest.attempt > payment.attempt:
        return  # an old command, overtaken by a newer one
    elif holding:
        order.send(replies.authorized(holding, attempt=payment.attempt))
    elif refusal:
        order.send(replies.declined(payment, refusal.code, refusal.message))
    elif payment.amount.amount <= 0 and payment.provider != NOTHING:
        order.send(replies.declined(payment, "invalid_payment", "The amount is not valid."))
    else:
        for earlier in list(order.payments.values()):
            close_payment(order, earlier)
        order.keep(payment)
        if payment.offline:
            offline.begin(order, payment)
        else:
            order.call(Operation.AUTHORIZE, payment, payment.amount)


def request_capture(order: OrderPayments) -> None:
    """Request that the held money be captured; repeat the reply if it was captured or refused."""
    payment = order.in_status(
        PaymentStatus.CAPTURED, PaymentStatus.CAPTURING, PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURE_FAILED
    )
    if payment is None:
        latest = order.latest()
        code = "order_closed" if order.closed else "not_authorized"
        payment_id = latest.id if latest else NO_PAYMENT
        order.send(replies.capture_failed(order.order_id, payment_id, code, "No money is held for this order."))
    elif payment.status is PaymentStatus.CAPTURED:
        order.send(replies.captured(payment))
    elif payment.status is PaymentStatus.CAPTURE_FAILED:
        order.send(replies.capture_failed(order.order_id, payment.id, payment.code, payment.message))
    elif payment.offline:
        offline.capture(order, payment)
    elif payment.status is PaymentStatus.AUTHORIZED:
        order.keep(payment.with_status(PaymentStatus.CAPTURING))
        order.call(Operation.CAPTURE, payment, payment.amount)


def capture_held(order: OrderPayments, payment_id: UUID) -> None:
    """Request that staff's choice be captured. Raises PaymentNotFound, NothingHeld."""
    payment = order.payment(payment_id)
    if payment.status is not PaymentStatus.AUTHORIZED or payment.offline:
        raise NothingHeld
    request_capture(order)


def release_held(order: OrderPayments, payment_id: UUID) -> None:
    """Release what is held or may be, and accept no further charge. Raises PaymentNotFound, NothingHeld."""
    if order.payment(payment_id).status not in _RELEASABLE:
        raise NothingHeld
    close(order)


def close(order: OrderPayments) -> None:
    """Release or refund all money of the order and accept no further charge; repeat the replies if it is closed."""
    if not order.closed:
        order.closed = True
        for payment in list(order.payments.values()):
            close_payment(order, payment)
        announce_if_settled(order)
        return
    for payment in list(order.payments.values()):
        if payment.status is PaymentStatus.CAPTURED:
            close_payment(order, payment)  # a repeated command retries a refund that failed
    if closing := order.attempts_of(order.order_id):
        order.send(replies.refund_reply(closing[-1], order.payment(closing[-1].payment_id)))
    if order.voided:
        order.send(PaymentVoided(order_id=order.order_id))


def close_payment(order: OrderPayments, payment: Payment) -> None:
    """Void the payment if its money is held, refund it if it was captured; a running capture is awaited."""
    match payment.status:
        case PaymentStatus.REQUESTED | PaymentStatus.CONFIRMING if payment.id in order.unsent:
            order.withdrawn.append(payment.id)
            order.keep(payment.with_status(PaymentStatus.VOIDED))
        case PaymentStatus.REQUESTED | PaymentStatus.UNKNOWN | PaymentStatus.CONFIRMING:
            order.keep(payment.with_status(PaymentStatus.VOIDING))  # what the running call authorizes is released
        case PaymentStatus.ACTION_REQUIRED | PaymentStatus.AUTHORIZED | PaymentStatus.CAPTURE_FAILED:
            _void(order, payment)
        case PaymentStatus.CAPTURING if payment.id in order.unsent:
            order.withdrawn.append(payment.id)
            _void(order, payment)
        case PaymentStatus.CAPTURED if payment.refundable:
            refunds.refund_remainder(order, payment)
        case _:
            pass


def _void(order: OrderPayments, payment: Payment) -> None:
    payment = order.keep(payment.with_status(PaymentStatus.VOIDING))
    if payment.offline:
        offline.void(order, payment)
    else:
        order.call(Operation.VOID, payment, payment.amount)


def announce_if_settled(order: OrderPayments) -> None:
    """Send `payment.voided` once, when a closed order holds no money any more."""
    if order.closed and not order.voided and all(payment.holds_nothing for payment in order.payments.values()):
        order.voided = True
        order.send(PaymentVoided(order_id=order.order_id))
