"""Bookings of money that came, or went back, outside of any provider: by staff, or by the courier. Pure."""

from __future__ import annotations

from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from payments.domain import offline, provider_updates
from payments.domain.lifecycle import close_payment
from payments.domain.methods import CASH_ON_DELIVERY, NOTHING
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import HOLDING, InvalidAmount, Payment, PaymentStatus
from payments.domain.refund import OPEN

#: A payment that has ended without money gets it after all: a transfer that took too long.
_OPEN = frozenset({PaymentStatus.ACTION_REQUIRED, PaymentStatus.AUTHORIZED, PaymentStatus.VOIDED})


class NotBookable(DomainError):
    """The money of this payment comes through its provider, so it cannot be booked by hand."""

    code, kind = "not_bookable", Kind.CONFLICT


class AlreadyBooked(DomainError):
    """This has been booked already."""

    code, kind = "already_booked", Kind.CONFLICT


class PaidInAnotherWay(DomainError):
    """The order has been paid in another way. Send the money back to the customer."""

    code, kind = "paid_in_another_way", Kind.CONFLICT


def book_receipt(order: OrderPayments, payment_id: UUID, amount: Money) -> None:
    """Record that the money has come; that of a closed order is to be paid out again.

    Raises PaymentNotFound, NotBookable, AlreadyBooked, PaidInAnotherWay, InvalidAmount.
    """
    payment = order.payment(payment_id)
    _check_offline(payment)
    if payment.status not in _OPEN:
        raise AlreadyBooked
    if any(other.status in HOLDING for other in order.payments.values() if other.id != payment_id):
        raise PaidInAnotherWay
    if amount != payment.amount:
        raise InvalidAmount(
            f"It must be {payment.amount}. Ask the customer for the rest, or send back what is too much."
        )
    _receive(order, payment)


def record_delivery(order: OrderPayments) -> None:
    """Record that the courier has delivered the order, and has collected its money if that was the way to pay."""
    holding = order.in_status(*HOLDING) or order.latest()
    if holding and holding.provider == CASH_ON_DELIVERY and holding.status in _OPEN:
        _receive(order, holding)


def book_payout(order: OrderPayments, refund_id: UUID) -> None:
    """Record that the money of a refund was paid out. Raises NotBookable, AlreadyBooked."""
    refund = order.refunds[refund_id]
    payment = order.payment(refund.payment_id)
    _check_offline(payment)
    if refund.status not in OPEN:
        raise AlreadyBooked
    provider_updates.succeed_refund(order, payment, refund, "")


def refuse_payout(order: OrderPayments, refund_id: UUID, reason: str) -> None:
    """Record that the money of a refund cannot be paid out. Raises NotBookable, AlreadyBooked."""
    refund = order.refunds[refund_id]
    _check_offline(order.payment(refund.payment_id))
    if refund.status not in OPEN:
        raise AlreadyBooked
    provider_updates.fail_refund(order, refund_id, "not_paid_out", reason)


def _check_offline(payment: Payment) -> None:
    if not payment.offline or payment.provider == NOTHING:
        raise NotBookable


def _receive(order: OrderPayments, payment: Payment) -> None:
    taken = offline.collect(order, payment)
    order.voided = False
    if order.closed:
        close_payment(order, taken)
