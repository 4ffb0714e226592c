"""The decisions of staff about an order. The timeline shows each with its author and reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chassis.transactions import transactional
from orders.commands.order_storage import save_order
from orders.commands.policy import policy
from orders.domain import lifecycle
from orders.domain.order import Order
from orders.domain.outcome import Outcome
from orders.domain.states import CancelReason
from orders.repository import orders


def resume_order(*, order_id: UUID, by: str, now: datetime) -> Order:
    """Send the command that the order waits for again. Raises OrderNotFound, NothingToResume."""
    return _change(order_id, lambda order: lifecycle.resume(order, by=by, now=now, policy=policy()))


def compensate_order(*, order_id: UUID, by: str, now: datetime, why: str = "") -> Order:
    """Cancel an order and compensate its steps. Raises OrderNotFound, OrderNotCancelable."""
    detail = f"by {by}: {why}" if why else f"by {by}"
    return _change(
        order_id,
        lambda order: lifecycle.cancel(order, reason=CancelReason.STAFF, detail=detail, now=now, policy=policy()),
    )


def release_order(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """Send the parcel of a disputed order. Raises OrderNotFound, OrderNotHeld, ParcelBeingStopped."""
    return _change(order_id, lambda order: lifecycle.release(order, by=by, why=why, now=now, policy=policy()))


def send_order_again(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """Send an order in another parcel. Raises OrderNotFound, ParcelNotLost, OrderHeld."""
    return _change(order_id, lambda order: lifecycle.send_again(order, by=by, why=why, now=now, policy=policy()))


def refund_parcel(*, order_id: UUID, restock: bool, by: str, why: str, now: datetime) -> Order:
    """End an order whose parcel came back or is lost. Raises OrderNotFound, ParcelNotLost."""
    return _change(
        order_id,
        lambda order: lifecycle.refund_parcel(order, restock=restock, by=by, why=why, now=now, policy=policy()),
    )


def give_up_waiting(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """Stop waiting for an undo that was done by hand, or never will be done. Raises OrderNotFound, NothingToGiveUp."""
    return _change(order_id, lambda order: lifecycle.give_up(order, by=by, why=why, now=now, policy=policy()))


def dismiss_attention(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """Clear the reason for staff to look at an order. Raises OrderNotFound, OrderHeld."""
    return _change(order_id, lambda order: lifecycle.dismiss(order, by=by, why=why, now=now, policy=policy()))


@transactional
def _change(order_id: UUID, change: Callable[[Order], Outcome]) -> Order:
    order = orders.locked_order(order_id)
    return save_order(order, change(order))
