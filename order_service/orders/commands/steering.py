"""What staff do with an order that needs a person. Each is written into its timeline with name and reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chassis.transactions import transactional
from orders.commands.policy import policy
from orders.commands.saving import save_order
from orders.domain import life
from orders.domain.order import Order
from orders.domain.states import CancelReason
from orders.domain.turn import Outcome
from orders.repository import orders


def resume_order(*, order_id: UUID, by: str, now: datetime) -> Order:
    """Ask again now. Raises OrderNotFound, NothingToResume."""
    return _change(order_id, lambda order: life.resume(order, by=by, now=now, policy=policy()))


def compensate_order(*, order_id: UUID, by: str, now: datetime, why: str = "") -> Order:
    """Cancel, and put everything back. Raises OrderNotFound, OrderNotCancelable."""
    detail = f"by {by}: {why}" if why else f"by {by}"
    return _change(
        order_id,
        lambda order: life.cancel(order, reason=CancelReason.STAFF, detail=detail, now=now, policy=policy()),
    )


def send_order_again(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """Send it in another parcel. Raises OrderNotFound, ParcelNotLost."""
    return _change(order_id, lambda order: life.send_again(order, by=by, why=why, now=now, policy=policy()))


def refund_parcel(*, order_id: UUID, restock: bool, by: str, why: str, now: datetime) -> Order:
    """End an order whose parcel came back or is lost. Raises OrderNotFound, ParcelNotLost."""
    return _change(
        order_id,
        lambda order: life.refund_parcel(order, restock=restock, by=by, why=why, now=now, policy=policy()),
    )


def give_up_waiting(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """What a cancellation waits for was done by hand, or never will be. Raises OrderNotFound, NothingToGiveUp."""
    return _change(order_id, lambda order: life.give_up(order, by=by, why=why, now=now, policy=policy()))


def dismiss_attention(*, order_id: UUID, by: str, why: str, now: datetime) -> Order:
    """What needed attention was looked at. Raises OrderNotFound."""
    return _change(order_id, lambda order: life.dismiss(order, by=by, why=why, now=now, policy=policy()))


@transactional
def _change(order_id: UUID, change: Callable[[Order], Outcome]) -> Order:
    order = orders.locked_order(order_id)
    return save_order(order, change(order))
