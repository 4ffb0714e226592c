"""Commands about money that came, or went back, outside of any provider."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.money import Money
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands.order_changes import store
from payments.domain import bookings


@transactional
def book_receipt(*, payment_id: UUID, amount: Money, by: str, now: datetime) -> None:
    """Record that the money of a payment has come to the shop's account.

    Raises PaymentNotFound, NotBookable, AlreadyBooked, PaidInAnotherWay, InvalidAmount.
    """
    order = repository.locked(queries.order_of(payment_id), actor=by)
    bookings.book_receipt(order, payment_id, amount)
    store(order, now)


@transactional
def record_delivery(*, order_id: UUID, now: datetime) -> None:
    """Record that the order was delivered: the courier has collected its money, if that was the way to pay."""
    if queries.paid_on_delivery(order_id):
        order = repository.locked(order_id)
        bookings.record_delivery(order)
        store(order, now)


@transactional
def book_payout(*, refund_id: UUID, by: str, now: datetime) -> None:
    """Record that the money of a refund was paid out. Raises RefundNotRetriable, NotBookable, AlreadyBooked."""
    order = repository.locked(queries.order_of_refund(refund_id), actor=by)
    bookings.book_payout(order, refund_id)
    store(order, now)


@transactional
def refuse_payout(*, refund_id: UUID, reason: str, by: str, now: datetime) -> None:
    """Record that the money of a refund cannot be paid out. Raises as `book_payout`."""
    order = repository.locked(queries.order_of_refund(refund_id), actor=by)
    bookings.refuse_payout(order, refund_id, reason)
    store(order, now)
