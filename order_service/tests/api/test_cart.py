from uuid import UUID

import pytest
from django.db import connection

from orders.models import CartLine
from testkit.project import queries_of
from tests.factories import MUG, SHIRT, a_catalog

pytestmark = pytest.mark.django_db

CART, LINES = "/api/v1/cart/", "/api/v1/cart/lines/"


def test_a_cart_is_filled_changed_and_emptied(api) -> None:
    a_catalog()
    client = api()
    assert client.get(CART).json()["lines"] == []
    assert client.post(LINES, {"sku": MUG, "quantity": 2}).status_code == 201
    assert client.post(LINES, {"sku": SHIRT, "quantity": 1}).json()["subtotal"]["amount"] == 5499
    assert client.patch(f"{LINES}{MUG}/", {"quantity": 1}).json()["units"] == 2
    assert client.delete(f"{LINES}{MUG}/").json()["units"] == 1
    assert client.delete(f"{LINES}{MUG}/").status_code == 404
    assert client.put(CART, {"lines": [{"sku": MUG, "quantity": 3}]}).json()["units"] == 3
    assert client.delete(CART).status_code == 204
    assert client.get(CART).json()["units"] == 0


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {"sku": MUG},
        {"sku": MUG, "quantity": "x"},
        {"sku": "\x00", "quantity": 1},
        {"sku": MUG, "quantity": -1},
    ],
)
def test_bad_input_changes_nothing(api, bad) -> None:
    a_catalog()
    assert api().post(LINES, bad).status_code == 400
    assert api().put(CART, {"lines": bad}).status_code in {200, 400}
    assert not CartLine.objects.exists()


def test_an_unknown_sku_is_a_conflict(api) -> None:
    answer = api().post(LINES, {"sku": "GONE", "quantity": 1})
    assert (answer.status_code, answer.json()["code"], answer.json()["skus"]) == (409, "product_unavailable", ["GONE"])
    assert api().patch(f"{LINES}%00/", {"quantity": 1}).status_code == 404


def test_carts_do_not_mix(api, customer_id: UUID) -> None:
    a_catalog()
    api().post(LINES, {"sku": MUG, "quantity": 1})
    assert api(UUID(int=7)).get(CART).json()["lines"] == []
    assert api(UUID(int=7)).delete(f"{LINES}{MUG}/").status_code == 404
    assert CartLine.objects.get().customer_id == customer_id


def test_the_cart_is_read_with_two_queries(api) -> None:
    a_catalog()
    client = api()
    client.put(CART, {"lines": [{"sku": MUG, "quantity": 3}, {"sku": SHIRT, "quantity": 1}]})
    assert queries_of(connection, lambda: client.get(CART)) == 2
