"""The commands of this service: keyword-only functions, one transaction each."""

from orders.commands.carts import add_to_cart, empty_cart, forget_carts, remove_from_cart, replace_cart, set_quantity
from orders.commands.catalog import record_product
from orders.commands.checkout import (
    cancel_order,
    pay_another_way,
    place_order,
    record_fact,
    wake_due_orders,
)
from orders.commands.limits import forget_attempts
from orders.commands.returns import (
    approve_return,
    receive_return,
    record_return_fact,
    reject_return,
    request_return,
    resume_return,
    settle_return,
    wake_due_returns,
)
from orders.commands.staff_actions import (
    compensate_order,
    dismiss_attention,
    give_up_waiting,
    refund_parcel,
    release_order,
    resume_order,
    send_order_again,
)
