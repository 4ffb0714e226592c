import itertools
from uuid import uuid4

import pytest
from django.test import Client
from tests.factories import a_category, a_product

from chassis.inbox.receiver import Outcome
from products.models import BoughtTogether, ConfirmedOrder, Product, Purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def products():
    """Four lamps and two spades."""
    a_category("lamps")
    a_category("garden")
    lamps = [a_product(f"lamp-{n}") for n in range(4)]
    return [*lamps, *(a_product(f"spade-{n}", category="garden") for n in range(2))]


def confirmed(*products, customer_id=None, order_id=None, quantity=1):
    lines = [{"product_id": one.id, "sku": "X", "quantity": quantity, "name": "?"} for one in products]
    return {"order_id": order_id or uuid4(), "customer_id": customer_id or uuid4(), "lines": lines, "total": {}}


def returned(order, product, quantity, *, return_id=None, **line):
    about = {"order_id": order["order_id"], "customer_id": order["customer_id"], "return_id": return_id or uuid4()}
    return {**about, "lines": [{"sku": "X", "quantity": quantity, "product_id": product.id, **line}], "refund": None}


def learned(customer_id):
    """(product, units sold), (product, other, orders), (product, units of the customer)"""
    return (
        dict(Product.objects.filter(sold__gt=0).values_list("slug", "sold")),
        BoughtTogether.objects.count(),
        dict(Purchase.objects.filter(customer_id=customer_id).values_list("product_id", "units")),
    )


def slugs(answer):
    assert answer.status_code == 200
    return [one["slug"] for one in answer.json()["results"]]


def test_related_are_first_those_bought_together_then_the_same_category(deliver, products):
    for _ in range(2):
        deliver("order.confirmed.v1", confirmed(products[0], products[4]))
    deliver("order.confirmed.v1", confirmed(products[0], products[2]))
    related = slugs(Client().get("/api/v1/products/lamp-0/related/"))
    assert related[:2] == ["spade-0", "lamp-2"]
    assert set(related[2:]) == {"lamp-1", "lamp-3"}


def test_an_order_counts_once_however_often_it_is_told(deliver, products):
    order = confirmed(products[0], products[1], quantity=3)
    deliver("order.confirmed.v1", order, times=2)
    deliver("order.confirmed.v1", order)
    assert Product.objects.get(id=products[0].id).sold == 3
    assert set(BoughtTogether.objects.values_list("orders", flat=True)) == {1}
    assert set(Purchase.objects.values_list("units", flat=True)) == {3}


def test_a_canceled_order_has_taught_nothing(deliver, customer_id, products):
    order = confirmed(products[0], products[1], quantity=3, customer_id=customer_id)
    deliver("order.confirmed.v1", order)
    kept = confirmed(products[0], customer_id=customer_id)
    deliver("order.confirmed.v1", kept)
    assert deliver("order.canceled.v1", order, times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    deliver("order.canceled.v1", order)
    assert learned(customer_id) == ({"lamp-0": 1}, 0, {products[0].id: 1})


def test_returned_units_do_not_count_as_bought_and_each_return_counts_once(deliver, customer_id, products):
    order = confirmed(products[0], products[1], quantity=3, customer_id=customer_id)
    deliver("order.confirmed.v1", order)
    once = returned(order, products[0], 2)
    assert deliver("return.refunded.v1", once, times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    deliver("return.refunded.v1", once)
    assert learned(customer_id) == ({"lamp-0": 1, "lamp-1": 3}, 2, {products[0].id: 1, products[1].id: 3})
    deliver("return.refunded.v1", returned(order, products[0], 1))
    assert learned(customer_id) == ({"lamp-1": 3}, 0, {products[1].id: 3})
    deliver("order.canceled.v1", order)
    assert learned(customer_id) == ({}, 0, {})


def test_the_order_in_which_it_is_told_makes_no_difference(deliver, customer_id, products):
    order = confirmed(products[0], products[1], quantity=2, customer_id=customer_id)
    messages = [
        ("order.confirmed.v1", order),
        ("return.refunded.v1", returned(order, products[0], 2)),
        ("return.refunded.v1", returned(order, products[1], 1)),
    ]
    for sequence in itertools.permutations(messages):
        Product.objects.update(sold=0)
        for model in (BoughtTogether, Purchase, ConfirmedOrder):
            model.objects.all().delete()
        for type_, data in sequence:
            assert deliver(type_, data) == [Outcome.DONE]
        assert learned(customer_id) == ({"lamp-1": 1}, 0, {products[1].id: 1})


def test_a_return_of_an_older_publisher_names_the_sku(deliver, customer_id, products):
    order = confirmed(products[0], customer_id=customer_id)
    deliver("order.confirmed.v1", order)
    back = returned(order, products[0], 1, sku="LAMP-0")
    del back["lines"][0]["product_id"]
    deliver("return.refunded.v1", back)
    assert learned(customer_id) == ({}, 0, {})
    assert deliver("return.refunded.v1", {**back, "return_id": uuid4(), "lines": "all"}) == [Outcome.FAILED]


def test_a_customer_is_recommended_what_goes_with_the_purchases(deliver, api, customer_id, products):
    deliver("order.confirmed.v1", confirmed(products[0], customer_id=customer_id))
    deliver("order.confirmed.v1", confirmed(products[0], products[5]))
    answer = api().get("/api/v1/recommendations/")
    assert slugs(answer)[0] == "spade-1"
    assert "lamp-0" not in slugs(answer)
    assert set(slugs(answer)[1:4]) == {"lamp-1", "lamp-2", "lamp-3"}
    assert "no-store" in answer["Cache-Control"]


def test_a_stranger_is_recommended_what_sells_best(deliver, api, products):
    deliver("order.confirmed.v1", confirmed(products[3], quantity=5))
    answer = api(None).get("/api/v1/recommendations/")
    assert slugs(answer)[0] == "lamp-3"
    assert "public" in answer["Cache-Control"]
    assert "Authorization" in answer["Vary"]
    assert slugs(api().get("/api/v1/recommendations/"))[0] == "lamp-3"


def test_a_forged_token_is_refused(api):
    answer = Client().get("/api/v1/recommendations/", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_inactive_products_are_recommended_to_nobody(deliver, api, products):
    deliver("order.confirmed.v1", confirmed(products[0], products[1]))
    Product.objects.filter(id=products[1].id).update(active=False)
    assert "lamp-1" not in slugs(Client().get("/api/v1/products/lamp-0/related/"))
    assert "lamp-1" not in slugs(api(None).get("/api/v1/recommendations/"))


def test_an_order_of_a_product_that_is_gone_is_no_trouble(deliver, products):
    order = confirmed(products[0])
    order["lines"].append({"product_id": uuid4(), "quantity": 1})
    assert deliver("order.confirmed.v1", order) == [Outcome.DONE]
    assert slugs(Client().get("/api/v1/products/lamp-0/related/"))


def test_a_deleted_account_is_forgotten_even_by_late_messages(deliver, customer_id, products):
    deliver("order.confirmed.v1", confirmed(products[0], customer_id=customer_id))
    deliver("user.deleted.v1", {"user_id": customer_id}, times=2)
    deliver("user.deleted.v1", {"user_id": customer_id})
    deliver("order.confirmed.v1", confirmed(products[1], customer_id=customer_id))
    assert not Purchase.objects.exists()
    assert Product.objects.get(id=products[1].id).sold == 1


def test_the_rating_is_shown_in_lists_and_on_the_page(deliver, products):
    rating = {"product_id": products[0].id, "count": 3, "average_hundredths": 467, "stars_total": 14, "histogram": {}}
    deliver("rating.changed.v1", rating, version=5, times=2)
    shown = {"average_hundredths": 467, "count": 3}
    assert Client().get("/api/v1/products/lamp-0/").json()["rating"] == shown
    assert Client().get("/api/v1/products/?ordering=rating").json()["results"][0]["rating"] == shown


def test_an_older_rating_that_comes_late_changes_nothing(deliver, products):
    for version, count in ((7, 2), (6, 1)):
        data = {"product_id": products[0].id, "count": count, "average_hundredths": 500}
        deliver("rating.changed.v1", data, version=version)
    assert Product.objects.get(id=products[0].id).rating_count == 2


def test_a_rating_that_cannot_be_is_kept_for_staff(deliver, products):
    data = {"product_id": products[0].id, "count": 2, "average_hundredths": 900}
    assert deliver("rating.changed.v1", data) == [Outcome.FAILED]
    assert deliver("rating.changed.v1", {"product_id": "x"}) == [Outcome.FAILED]
    assert Product.objects.get(id=products[0].id).rating_count == 0


def test_a_rating_of_an_unknown_product_is_no_trouble(deliver):
    data = {"product_id": uuid4(), "count": 2, "average_hundredths": 400}
    assert deliver("rating.changed.v1", data) == [Outcome.DONE]


def test_orders_that_are_counted_together_count_as_they_do_one_by_one(deliver, deliver_together, products):
    one, two, three, *_ = products
    customer = uuid4()
    orders = [
        confirmed(one, two, customer_id=customer),
        confirmed(two, one, customer_id=customer),
        confirmed(two, three),
    ]
    canceled = {"order_id": orders[0]["order_id"], "customer_id": customer}
    facts = [*(("order.confirmed.v1", order) for order in orders), ("order.canceled.v1", canceled)]
    deliver_together(*facts, facts[1])
    together = learned(customer), sorted(BoughtTogether.objects.values_list("product_id", "other_id", "orders"))
    for rows in (BoughtTogether, ConfirmedOrder, Purchase):
        rows.objects.all().delete()
    Product.objects.update(sold=0)
    for type_, data in facts:
        deliver(type_, data)
    assert together == (
        learned(customer),
        sorted(BoughtTogether.objects.values_list("product_id", "other_id", "orders")),
    )
    assert together[0][0] == {"lamp-0": 1, "lamp-1": 2, "lamp-2": 1}
