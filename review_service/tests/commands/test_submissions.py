"""Submission, change and withdrawal of reviews, with the rating."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from chassis.outbox.models import OutboxMessage
from reviews import commands, queries
from reviews.domain.review import AlreadyReviewed, NotAVerifiedBuyer, ReviewNotFound, Words
from reviews.models import Customer, Product, Purchase, Rating, Review
from tests.factories import GOOD, LINK, bought, written

pytestmark = pytest.mark.django_db


def submit(customer_id, product_id, words=GOOD):
    return commands.submit_review(customer_id=customer_id, product_id=product_id, words=words, now=timezone.now())


def test_a_clean_review_is_published_and_counts(outbox):
    review = written()
    assert review.status == "published"
    assert queries.rating_of(review.product_id).by_stars["4"] == 1
    assert outbox.types() == ["review.published.v1", "rating.changed.v1"]
    assert outbox.one("rating.changed.v1") == {
        "product_id": str(review.product_id),
        "count": 1,
        "stars_total": 4,
        "average_hundredths": 400,
        "histogram": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0},
    }


def test_a_suspect_review_waits_and_does_not_count(outbox):
    review = written(words=LINK)
    assert (review.status, review.findings, review.score) == ("pending", ["link"], 50)
    assert queries.rating_of(review.product_id).count == 0
    assert outbox.types() == []


@pytest.mark.parametrize("known", [True, False])
def test_a_customer_without_a_purchase_may_not_review(known):
    customer_id = bought()[0] if known else uuid4()
    with pytest.raises(NotAVerifiedBuyer):
        submit(customer_id, bought()[1])
    assert not Review.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_one_review_per_customer_and_product(outbox):
    review = written()
    outbox.clear()
    with pytest.raises(AlreadyReviewed) as refused:
        submit(review.customer_id, review.product_id)
    assert refused.value.facts == {"review_id": str(review.id)}
    assert outbox.types() == []


def test_the_database_itself_refuses_a_second_review():
    review = written()
    with pytest.raises(IntegrityError):
        Review.objects.create(
            customer_id=review.customer_id,
            product_id=review.product_id,
            purchase_id=review.purchase_id,
            stars=1,
            status="pending",
            created_at=timezone.now(),
            changed_at=timezone.now(),
        )


def test_the_database_itself_refuses_a_review_without_a_purchase():
    customer, product = Customer.objects.create(id=uuid4()), Product.objects.create(id=uuid4())
    with pytest.raises(IntegrityError):
        Review.objects.create(
            customer=customer,
            product=product,
            purchase_id=None,
            stars=1,
            status="pending",
            created_at=timezone.now(),
            changed_at=timezone.now(),
        )


def test_the_database_itself_refuses_a_rating_that_does_not_add_up():
    review = written()
    with pytest.raises(IntegrityError):
        Rating.objects.filter(product_id=review.product_id).update(count=7)


def test_other_stars_move_the_rating_and_tell_it_once(outbox):
    review = written()
    outbox.clear()
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=2)
    assert queries.rating_of(review.product_id).by_stars == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 0}
    assert outbox.types() == ["rating.changed.v1"]


def test_an_edit_that_changes_nothing_does_nothing(outbox):
    review = written()
    outbox.clear()
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), title=review.title)
    assert outbox.types() == []
    assert Review.objects.get().version == review.version


def test_an_edit_that_is_held_leaves_the_rating(outbox):
    review = written()
    outbox.clear()
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text=LINK.text)
    assert Review.objects.get().status == "pending"
    assert outbox.one("rating.changed.v1")["count"] == 0


def test_another_customers_review_looks_as_if_it_were_not_there():
    review = written()
    for command in (commands.edit_review, commands.withdraw_review):
        with pytest.raises(ReviewNotFound):
            command(review_id=review.id, customer_id=uuid4(), now=timezone.now())


def test_withdrawing_erases_the_text_and_the_stars_count_no_more(outbox):
    review = written()
    outbox.clear()
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    row = Review.objects.get()
    assert (row.status, row.title, row.text) == ("withdrawn", "", "")
    assert outbox.one("rating.changed.v1")["average_hundredths"] == 0
    with pytest.raises(ReviewNotFound):
        commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())


def test_an_author_may_write_again_after_a_withdrawal():
    review = written()
    commands.vote_on_review(review_id=review.id, voter_id=uuid4(), helpful=True, now=timezone.now())
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    assert submit(review.customer_id, review.product_id, Words(stars=1, title="No", text="It broke.")) == review.id
    row = Review.objects.get()
    assert (row.status, row.stars, row.helpful_yes) == ("published", 1, 0)
    assert queries.rating_of(review.product_id).by_stars["1"] == 1


def test_a_failure_in_the_middle_leaves_nothing(monkeypatch):
    customer_id, product_id = bought()

    def fails(messages):
        raise RuntimeError

    monkeypatch.setattr("reviews.commands.review_changes.record", fails)
    with pytest.raises(RuntimeError):
        submit(customer_id, product_id)
    assert not Review.objects.exists()
    assert not Rating.objects.exists()


def test_a_purchase_of_two_orders_is_two_rows_and_one_right():
    customer_id, product_id = bought()
    bought(customer_id, product_id)
    assert Purchase.objects.count() == 2
    submit(customer_id, product_id)
    with pytest.raises(AlreadyReviewed):
        submit(customer_id, product_id)
