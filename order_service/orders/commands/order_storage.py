"""The storage of an order, and what its change means for the customer's cart and limits."""

from __future__ import annotations

from orders.domain.order import Order
from orders.domain.outcome import Outcome
from orders.domain.states import OrderStatus
from orders.repository import attempts, carts, orders


def save_order(before: Order, outcome: Outcome) -> Order:
    """Save the order in the transaction that locked it, and return it as saved."""
    after = orders.save_order(before, outcome)
    if before.is_unpaid and not after.is_unpaid:
        attempts.settle_attempts(after)
    just_canceled = after.status is OrderStatus.CANCELED and before.status is not OrderStatus.CANCELED
    if just_canceled and after.gives_its_cart_back:
        carts.return_items(after.customer_id, after.lines, now=after.updated_at)
    return after
