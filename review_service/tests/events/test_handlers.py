"""Repeated, late, reordered and unreadable messages, and messages with unknown fields."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.inbox.models import FailedMessage
from reviews import commands, queries
from reviews.domain.review import NotAVerifiedBuyer
from reviews.models import Customer, Product, Purchase, Report, Review, Vote
from tests.factories import GOOD, LINK, bought, written

pytestmark = pytest.mark.django_db


def delivered(order_id=None, customer_id=None, product_ids=None, **more):
    lines = [
        {"product_id": str(id_), "sku": "A", "name": "Oak table", "quantity": 1, "unit_price": {"amount": 1}}
        for id_ in product_ids or [uuid4()]
    ]
    return {
        "order_id": str(order_id or uuid4()),
        "number": "S-1",
        "customer_id": str(customer_id or uuid4()),
        "lines": lines,
        "delivered_at": timezone.now().isoformat(),
        **more,
    }


def named(user_id, name):
    return {"user_id": str(user_id), "email": "a@b.example", "name": name, "locale": "en"}


def test_a_delivery_makes_verified_buyers(deliver):
    products = [uuid4(), uuid4()]
    assert deliver("order.delivered.v1", delivered(product_ids=[*products, products[0]])) == ["done"]
    assert set(Purchase.objects.values_list("product_id", flat=True)) == set(products)


def test_a_delivery_that_comes_twice_counts_once(deliver):
    message = delivered()
    assert deliver("order.delivered.v1", message, times=2) == ["done", "duplicate"]
    assert deliver("order.delivered.v1", message) == ["done"]
    assert Purchase.objects.count() == 1


def test_a_delivery_before_its_customer_and_product_are_known(deliver):
    customer_id, product_id = uuid4(), uuid4()
    deliver("order.delivered.v1", delivered(customer_id=customer_id, product_ids=[product_id]))
    review = written(customer_id=customer_id, product_id=product_id)
    assert queries.review_for(review.id, None)["author"] == "Customer"
    assert queries.review_for(review.id, None)["product_name"] == "Oak table"
    deliver("user.registered.v1", named(customer_id, "Amira Khalil"))
    deliver("product.changed.v1", {"product_id": str(product_id), "slug": "t", "name": "Oak table, large", "x": 1})
    shown = queries.review_for(review.id, None)
    assert (shown["author"], shown["product_name"]) == ("Amira K.", "Oak table, large")


def test_an_unreadable_delivery_is_kept_and_does_nothing(deliver):
    message = delivered()
    message["lines"][0]["product_id"] = "no id"
    assert deliver("order.delivered.v1", message) == ["failed"]
    assert not Purchase.objects.exists()
    assert FailedMessage.objects.count() == 1


def test_the_newer_of_two_names_stays_whatever_comes_first(deliver):
    user_id = uuid4()
    deliver("user.profile_changed.v1", {**named(user_id, "Amira Berg"), "phone": ""}, version=9)
    deliver("user.registered.v1", named(user_id, "Amira Khalil"), version=3)
    assert Customer.objects.get().public_name == "Amira B."
    deliver("user.profile_changed.v1", named(user_id, "Mira Berg"), version=10, times=2)
    assert Customer.objects.get().public_name == "Mira B."


def test_the_newer_of_two_product_versions_stays(deliver):
    product_id = uuid4()
    for version, name in ((5, "new"), (4, "old")):
        message = {"product_id": str(product_id), "slug": name, "name": name, "variants": []}
        deliver("product.changed.v1", message, version=version)
    assert Product.objects.get().name == "new"


def test_the_name_of_the_catalog_beats_that_of_an_order(deliver):
    product_id = uuid4()
    deliver("product.changed.v1", {"product_id": str(product_id), "slug": "s", "name": "Table"}, version=5)
    deliver("order.delivered.v1", delivered(product_ids=[product_id]))
    assert Product.objects.get().name == "Table"


def test_a_deleted_account_leaves_published_reviews_without_a_person(deliver, outbox):
    customer_id = uuid4()
    deliver("user.registered.v1", named(customer_id, "Amira Khalil"))
    shown, held = written(customer_id=customer_id), written(customer_id=customer_id, words=LINK)
    other = written()
    commands.vote_on_review(review_id=other.id, voter_id=customer_id, helpful=True, now=timezone.now())
    commands.report_review(
        review_id=other.id, reporter_id=customer_id, reason="spam", note="It is mine", now=timezone.now()
    )
    outbox.clear()

    assert deliver("user.deleted.v1", {"user_id": str(customer_id)}, times=2) == ["done", "duplicate"]
    assert deliver("user.deleted.v1", {"user_id": str(customer_id)}) == ["done"]

    assert queries.review_for(shown.id, None)["author"] == "Former customer"
    assert queries.rating_of(shown.product_id).count == 1
    assert not Review.objects.filter(id=held.id).exists()
    assert not Review.objects.filter(customer_id=customer_id).exists()
    assert not Purchase.objects.filter(customer_id=customer_id).exists()
    assert Purchase.objects.get(review=shown).order_id is None
    assert Review.objects.get(id=other.id).helpful_yes == 1
    assert Vote.objects.get().voter_id is None
    assert (Report.objects.get().reporter_id, Report.objects.get().note) == (None, "")
    assert outbox.types() == []


def test_nothing_late_brings_a_deleted_account_back(deliver):
    customer_id, product_id = uuid4(), uuid4()
    deliver("user.deleted.v1", {"user_id": str(customer_id)})
    deliver("user.registered.v1", named(customer_id, "Amira Khalil"), version=99)
    deliver("order.delivered.v1", delivered(customer_id=customer_id, product_ids=[product_id]))
    assert Customer.objects.get().public_name == ""
    assert not Purchase.objects.exists()
    with pytest.raises(NotAVerifiedBuyer):
        commands.submit_review(customer_id=customer_id, product_id=product_id, words=GOOD, now=timezone.now())


def test_ratings_are_told_in_the_order_in_which_they_changed(outbox):
    review = written()
    for stars in (5, 1, 3):
        commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=stars)
    told = outbox.envelopes("rating.changed.v1")
    versions = [envelope.aggregateversion for envelope in told]
    assert versions == sorted(versions)
    assert [envelope.data["stars_total"] for envelope in told] == [4, 5, 1, 3]
    assert {envelope.subject for envelope in told} == {str(review.product_id)}


def canceled(order_id, customer_id, *lines):
    lines = [{"product_id": str(id_), "sku": "A", "name": "Oak table", "quantity": n} for id_, n in lines]
    return {"order_id": str(order_id), "number": "S-1", "customer_id": str(customer_id), "lines": lines}


def returned(order_id, customer_id, *lines, return_id=None):
    return {**canceled(order_id, customer_id, *lines), "return_id": str(return_id or uuid4()), "refund": None}


@pytest.fixture
def order():
    """Deliver an order of three tables; return the ids of order, customer and product."""
    order_id = uuid4()
    return order_id, *bought(order_id=order_id, units=3)


def badge(review):
    return queries.review_for(review.id, None)["verified_purchase"]


@pytest.mark.parametrize("type_", ["order.canceled.v1", "return.refunded.v1"])
def test_a_returned_purchase_gives_no_right_to_review_and_no_badge(deliver, order, type_):
    order_id, customer_id, product_id = order
    review = written_of(customer_id, product_id)
    assert badge(review) is True
    message = returned(order_id, customer_id, (product_id, 3))
    assert deliver(type_, message, times=2) == ["done", "duplicate"]
    assert badge(review) is False
    assert queries.rating_of(product_id).count == 1
    commands.withdraw_review(review_id=review.id, customer_id=customer_id, now=timezone.now())
    with pytest.raises(NotAVerifiedBuyer):
        written_of(customer_id, product_id)


def test_a_part_that_was_sent_back_takes_nothing_away_and_the_same_return_counts_once(deliver, order):
    order_id, customer_id, product_id = order
    review, return_id = written_of(customer_id, product_id), uuid4()
    for _ in range(3):
        deliver("return.refunded.v1", returned(order_id, customer_id, (product_id, 2), return_id=return_id))
    assert badge(review) is True
    deliver("return.refunded.v1", returned(order_id, customer_id, (product_id, 1)))
    assert badge(review) is False


def test_a_delivery_that_is_told_after_its_return_gives_no_right(deliver):
    order_id, customer_id, product_id = uuid4(), uuid4(), uuid4()
    deliver("return.refunded.v1", returned(order_id, customer_id, (product_id, 1)))
    deliver("order.delivered.v1", delivered(order_id, customer_id, [product_id]))
    with pytest.raises(NotAVerifiedBuyer):
        written_of(customer_id, product_id)


def test_another_purchase_of_it_gives_the_badge_back(deliver, order):
    order_id, customer_id, product_id = order
    review = written_of(customer_id, product_id)
    deliver("return.refunded.v1", returned(order_id, customer_id, (product_id, 3)))
    deliver("order.delivered.v1", delivered(uuid4(), customer_id, [product_id]))
    assert badge(review) is True


def test_a_cancellation_that_names_no_lines_or_a_customer_who_is_gone_is_no_trouble(deliver, order):
    order_id, customer_id, product_id = order
    old = {"order_id": str(order_id), "customer_id": str(customer_id), "reason": "x", "lines": [{"sku": "A"}]}
    assert deliver("order.canceled.v1", old) == ["done"]
    assert deliver("order.canceled.v1", {**old, "lines": "all"}) == ["failed"]
    deliver("user.deleted.v1", {"user_id": str(customer_id)})
    assert deliver("return.refunded.v1", returned(order_id, customer_id, (product_id, 3))) == ["done"]
    assert not Purchase.objects.filter(customer_id=customer_id).exists()


def written_of(customer_id, product_id):
    """Return a review of the product that was delivered already."""
    review_id = commands.submit_review(customer_id=customer_id, product_id=product_id, words=GOOD, now=timezone.now())
    return Review.objects.get(id=review_id)
