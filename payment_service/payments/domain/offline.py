"""Payments that no provider takes part in: what is requested of them is done at once. Pure.

`bookings` records the money when it has come.
"""

from __future__ import annotations

from payments.domain import replies
from payments.domain.ledger import EntryKind, Outcome
from payments.domain.methods import NOTHING, PREPAYMENT
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import Payment, PaymentStatus


def begin(order: OrderPayments, payment: Payment) -> None:
    """Wait for the money of a transfer in advance; trust the customer with all other ways."""
    order.record(payment, EntryKind.AUTHORIZATION, Outcome.REQUESTED, payment.amount)
    if payment.provider == PREPAYMENT:
        payment = order.keep(payment.with_status(PaymentStatus.ACTION_REQUIRED))
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.ACTION_REQUIRED, payment.amount)
        order.send(replies.action_required(payment))
    else:
        payment = order.keep(payment.with_status(PaymentStatus.AUTHORIZED))
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
        order.send(replies.authorized(payment, attempt=payment.attempt))


def capture(order: OrderPayments, payment: Payment) -> None:
    """Say that the money comes later; an order that costs nothing is paid."""
    if payment.provider == NOTHING:
        collect(order, payment)
    else:
        order.send(replies.deferred(payment))


def collect(order: OrderPayments, payment: Payment) -> Payment:
    """Record that the money of a payment has come."""
    if payment.status is PaymentStatus.ACTION_REQUIRED:
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
    taken = order.keep(payment.with_status(PaymentStatus.CAPTURED, captured=payment.amount.amount, message=""))
    order.record(taken, EntryKind.CHARGE, Outcome.SUCCEEDED, taken.amount)
    order.send(replies.captured(taken))
    return taken


def void(order: OrderPayments, payment: Payment) -> None:
    """End a payment whose money has not come."""
    payment = order.keep(payment.with_status(PaymentStatus.VOIDED, message=""))
    order.record(payment, EntryKind.VOID, Outcome.SUCCEEDED, payment.amount)
