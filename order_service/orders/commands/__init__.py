"""Everything that changes something here. Keyword-only; each is one transaction."""

from orders.commands.carts import add_to_cart, empty_cart, remove_from_cart, replace_cart, set_quantity
from orders.commands.catalog import keep_product
from orders.commands.checkout import (
    cancel_order,
    compensate_order,
    pay_another_way,
    place_order,
    record_fact,
    resume_order,
    wake_due_orders,
)
from orders.commands.limits import forget_attempts
from orders.commands.returns import (
    approve_return,
    record_return_fact,
    reject_return,
    request_return,
    resume_return,
    wake_due_returns,
)

__all__ = [
    "add_to_cart",
    "approve_return",
    "cancel_order",
    "compensate_order",
    "empty_cart",
    "forget_attempts",
    "keep_product",
    "pay_another_way",
    "place_order",
    "record_fact",
    "record_return_fact",
    "reject_return",
    "remove_from_cart",
    "replace_cart",
    "request_return",
    "resume_order",
    "resume_return",
    "set_quantity",
    "wake_due_orders",
    "wake_due_returns",
]
