from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from orders import commands, queries
from orders.domain.pricing import ProductUnavailable, TooMuch
from tests.factories import MUG, SHIRT, a_catalog, items

pytestmark = pytest.mark.django_db


def put(customer_id: UUID, sku: str = MUG, quantity: int = 1) -> None:
    commands.add_to_cart(customer_id=customer_id, sku=sku, quantity=quantity, now=timezone.now())


def test_putting_the_same_in_again_adds_up(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id)
    put(customer_id, quantity=2)
    (line,) = queries.cart(customer_id)["lines"]
    assert (line["sku"], line["quantity"], line["line_total"]["amount"]) == (MUG, 3, 3750)
    assert queries.cart(uuid4())["lines"] == []


def test_a_price_that_moved_is_shown(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id)
    a_catalog({MUG: 999, SHIRT: 1}, version=2)
    cart = queries.cart(customer_id)
    assert cart["price_changed"] is True
    assert (cart["lines"][0]["unit_price"]["amount"], cart["lines"][0]["price_when_added"]["amount"]) == (999, 1250)


def test_an_unavailable_product_is_shown_and_not_counted(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id)
    put(customer_id, SHIRT)
    a_catalog({SHIRT: 2999}, version=2)
    cart = queries.cart(customer_id)
    assert [line["available"] for line in cart["lines"]] == [False, True]
    assert cart["subtotal"]["amount"] == 2999


def test_there_are_limits(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id, quantity=99)
    with pytest.raises(TooMuch):
        put(customer_id)
    with pytest.raises(ProductUnavailable):
        put(customer_id, "GONE")


def test_replacing_leaves_only_what_was_given(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id)
    commands.replace_cart(customer_id=customer_id, items=items(SHIRT_M=2), now=timezone.now())
    assert [line["sku"] for line in queries.cart(customer_id)["lines"]] == [SHIRT]
    commands.replace_cart(customer_id=customer_id, items=[], now=timezone.now())
    assert queries.cart(customer_id)["lines"] == []


def test_no_more_can_be_put_in_of_what_is_not_sold_any_more(customer_id: UUID) -> None:
    a_catalog()
    put(customer_id, quantity=2)
    a_catalog({SHIRT: 2999}, version=2)
    with pytest.raises(ProductUnavailable):
        put(customer_id)
    with pytest.raises(ProductUnavailable):
        commands.set_quantity(customer_id=customer_id, sku=MUG, quantity=3)
    commands.set_quantity(customer_id=customer_id, sku=MUG, quantity=1)
    assert [line["quantity"] for line in queries.cart(customer_id)["lines"]] == [1]


@pytest.mark.parametrize("times", [1, 2])
def test_a_claimed_account_has_an_empty_cart(customer_id: UUID, deliver, times: int) -> None:
    a_catalog()
    other = uuid4()
    put(customer_id)
    put(other)
    deliver("user.claimed.v1", {"user_id": str(customer_id), "of_tomorrow": 1}, times=times)
    assert queries.cart(customer_id)["lines"] == []
    assert len(queries.cart(other)["lines"]) == 1
