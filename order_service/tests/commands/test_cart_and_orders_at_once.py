"""One cart makes one order, however many requests arrive at once, and a failed order restores its cart."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from orders import commands, queries
from orders.models import CartLine, Order
from testkit.plugin import Outbox
from tests.factories import MUG, SHIRT, a_catalog, a_quote, an_address, euros, items, place
from tests.together import at_once

AT_ONCE = 8


def a_cart(customer_id: UUID, **quantities: int) -> None:
    a_catalog()
    commands.replace_cart(customer_id=customer_id, items=items(**quantities), now=timezone.now())


def order_the_cart(customer_id: UUID) -> None:
    commands.place_order(
        customer_id=customer_id,
        items=None,
        shipping_quote=a_quote(customer_id),
        address=an_address(),
        payment_method="card_ok",
        expected_subtotal=euros(7248),
        now=timezone.now(),
    )


def in_cart(customer_id: UUID) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in queries.cart(customer_id)["lines"]}


@pytest.mark.django_db(transaction=True)
def test_a_cart_that_is_ordered_many_times_at_once_makes_one_order(customer_id: UUID) -> None:
    a_cart(customer_id)
    ended = at_once([partial(order_the_cart, customer_id)] * AT_ONCE)
    assert ended == {"done": 1, "NothingToOrder": AT_ONCE - 1}
    assert Order.objects.count() == 1
    assert in_cart(customer_id) == {}


@pytest.mark.django_db(transaction=True)
def test_an_item_added_to_the_cart_during_checkout_is_ordered_or_kept(customer_id: UUID) -> None:
    """It is either in the order or in the cart."""
    a_catalog({SHIRT: 2999, MUG: 1250})
    for _ in range(4):
        a_cart(customer_id)
        add = partial(commands.add_to_cart, customer_id=customer_id, sku=MUG, quantity=1, now=timezone.now())
        before = Order.objects.count()
        ended = at_once([partial(order_the_cart, customer_id), add])
        assert set(ended) <= {"done", "PriceChanged", "QuoteDoesNotFit"}
        placed = Order.objects.count() - before
        assert in_cart(customer_id) == ({MUG: 1} if placed else {MUG: 2, SHIRT: 2})


@pytest.mark.django_db(transaction=True)
def test_the_limits_of_a_cart_hold_when_many_put_something_in_at_once(customer_id: UUID) -> None:
    a_catalog({f"THING-{number}": 100 for number in range(52)} | {MUG: 1250})
    now = timezone.now()
    commands.replace_cart(
        customer_id=customer_id, items=items(**{f"THING_{number}": 1 for number in range(47)}), now=now
    )
    add = partial(commands.add_to_cart, customer_id=customer_id, now=now)
    ended = at_once([partial(add, sku=f"THING-{number}", quantity=1) for number in range(47, 52)])
    assert ended == {"done": 3, "TooMuch": 2}
    commands.replace_cart(customer_id=customer_id, items=items(MUG=95), now=now)
    ended = at_once([partial(add, sku=MUG, quantity=1)] * AT_ONCE)
    assert ended == {"done": 4, "TooMuch": 4}
    assert in_cart(customer_id) == {MUG: 99}
    assert CartLine.objects.count() == 1


@pytest.mark.django_db
def test_an_order_that_is_out_of_stock_gives_its_cart_back_beside_what_is_in_it_now(customer_id: UUID, deliver) -> None:
    a_cart(customer_id)
    order = place(customer_id, items=None)
    commands.add_to_cart(customer_id=customer_id, sku=MUG, quantity=98, now=timezone.now())
    shortage = {"sku": MUG, "requested": 1, "available": 0}
    rejected = {"order_id": str(order.id), "lines": [shortage]}
    deliver("stock.rejected.v1", rejected, times=2)
    deliver("stock.rejected.v1", rejected)
    assert in_cart(customer_id) == {MUG: 99, SHIRT: 2}
    assert "in your cart again" in Order.objects.get().message


@pytest.mark.django_db
def test_an_order_that_was_not_paid_in_time_gives_its_cart_back(customer_id: UUID, deliver, outbox: Outbox) -> None:
    a_cart(customer_id)
    about = {"order_id": str(place(customer_id, items=None).id)}
    deliver("stock.reserved.v1", about)
    deliver("payment.declined.v1", {**about, "attempt": 1, "code": "x", "message": "No"})
    commands.wake_due_orders(now=timezone.now() + timedelta(minutes=31))
    deliver("payment.voided.v1", about)
    assert in_cart(customer_id) == {}
    deliver("stock.released.v1", about)
    assert in_cart(customer_id) == {MUG: 1, SHIRT: 2}
    assert outbox.one("order.canceled.v1")["reason"] == "payment_expired"


@pytest.mark.django_db
def test_a_canceled_orders_items_stay_out_of_the_cart(customer_id: UUID, deliver) -> None:
    a_cart(customer_id)
    order = place(customer_id, items=None)
    commands.cancel_order(order_id=order.id, customer_id=customer_id, detail="", now=timezone.now())
    deliver("stock.released.v1", {"order_id": str(order.id)})
    assert (Order.objects.get().status, in_cart(customer_id)) == ("canceled", {})


@pytest.mark.django_db
def test_an_order_of_given_lines_leaves_the_cart_alone(customer_id: UUID, deliver) -> None:
    a_cart(customer_id, MUG=3)
    order = place(customer_id)
    shortage = {"sku": MUG, "requested": 1, "available": 0}
    deliver("stock.rejected.v1", {"order_id": str(order.id), "lines": [shortage]})
    assert in_cart(customer_id) == {MUG: 3}
