"""Reports and the decisions of staff."""

from uuid import uuid4

import pytest
from django.utils import timezone

from reviews import commands, queries
from reviews.domain.review import OwnReview, Rejection, ReportReason, ReviewNotFound, ReviewStateForbids
from reviews.models import Report, Review
from tests.factories import LINK, bought, written

pytestmark = pytest.mark.django_db


def report(review, reporter_id=None):
    """Report the review, by default as a verified buyer of another product."""
    reporter_id = reporter_id or bought()[0]
    return commands.report_review(
        review_id=review.id,
        reporter_id=reporter_id,
        reason=ReportReason.SPAM,
        note="",
        now=timezone.now(),
    )


def test_approving_publishes_and_counts(outbox):
    review = written(words=LINK)
    commands.approve_review(review_id=review.id, now=timezone.now())
    assert Review.objects.get().vetted
    assert outbox.types() == ["review.published.v1", "rating.changed.v1"]


def test_rejecting_uncounts_and_tells_why(outbox):
    review = written()
    outbox.clear()
    commands.reject_review(review_id=review.id, reason=Rejection.OFF_TOPIC, now=timezone.now())
    assert outbox.types() == ["review.rejected.v1", "rating.changed.v1"]
    assert "not about this product" in outbox.one("review.rejected.v1")["reason"]
    assert outbox.one("review.rejected.v1")["product_name"] == review.product.name
    assert queries.rating_of(review.product_id).count == 0


def test_approving_twice_counts_once(outbox):
    review = written(words=LINK)
    for _ in range(2):
        commands.approve_review(review_id=review.id, now=timezone.now())
    assert queries.rating_of(review.product_id).count == 1
    assert outbox.types() == ["review.published.v1", "rating.changed.v1"]


def test_a_customer_reports_once():
    review, reporter_id = written(), uuid4()
    assert report(review, reporter_id) is True
    assert report(review, reporter_id) is False
    assert Review.objects.get().open_reports == 1


def test_three_reports_hide_a_review_until_staff_keep_it(outbox):
    review = written()
    for _ in range(3):
        report(review)
    assert Review.objects.get().status == "pending"
    assert queries.rating_of(review.product_id).count == 0
    commands.approve_review(review_id=review.id, now=timezone.now())
    assert not Report.objects.filter(settled_at=None).exists()
    for _ in range(4):
        report(review)
    assert Review.objects.get().status == "published"
    assert queries.rating_of(review.product_id).count == 1


def test_three_accounts_that_have_bought_nothing_hide_no_review():
    review = written()
    for _ in range(3):
        report(review, uuid4())
    assert (Review.objects.get().status, Review.objects.get().open_reports) == ("published", 3)
    assert queries.rating_of(review.product_id).count == 1
    for _ in range(2):
        report(review)
    assert Review.objects.get().status == "published"
    report(review)
    assert Review.objects.get().status == "pending"


def test_a_customer_who_returned_everything_is_not_a_buyer():
    review, order_id = written(), uuid4()
    reporter_id, product_id = bought(order_id=order_id)
    commands.take_back_purchases(order_id=order_id, customer_id=reporter_id, units=[(product_id, 1)], cause=uuid4())
    report(review, reporter_id)
    assert Review.objects.get().buyers_reports == 0


def test_nobody_reports_the_own_review_or_one_that_is_not_shown():
    review, held = written(), written(words=LINK)
    with pytest.raises(OwnReview):
        report(review, review.customer_id)
    with pytest.raises(ReviewNotFound):
        report(held)
    assert not Report.objects.exists()


def test_staff_cannot_bring_back_what_was_withdrawn():
    review = written()
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    with pytest.raises(ReviewStateForbids):
        commands.approve_review(review_id=review.id, now=timezone.now())
    with pytest.raises(ReviewStateForbids):
        commands.reject_review(review_id=review.id, reason=Rejection.SPAM, now=timezone.now())


def test_the_shops_reply_is_shown_and_can_be_taken_away():
    review = written()
    commands.reply_to_review(review_id=review.id, reply="Thank you.", now=timezone.now())
    shown = queries.review_for(review.id, None)
    assert shown["reply"]["text"] == "Thank you."
    commands.reply_to_review(review_id=review.id, reply="", now=timezone.now())
    assert queries.review_for(review.id, None)["reply"] is None


def test_the_author_is_told_of_each_answer_once(outbox):
    review = written()
    outbox.clear()
    for reply in ("Thank you.", "Thank you.", "", "Thank you!"):
        commands.reply_to_review(review_id=review.id, reply=reply, now=timezone.now())
    assert outbox.types() == ["review.answered.v1"] * 2
    told = outbox.data("review.answered.v1")[-1]
    assert (told["customer_id"], told["reply"]) == (str(review.customer_id), "Thank you!")
    assert told["product_name"] == queries.review_for(review.id, None)["product_name"]


def test_an_answer_to_a_review_that_is_not_shown_or_has_no_author_is_told_to_nobody(outbox):
    held, orphan = written(words=LINK), written()
    Review.objects.filter(id=orphan.id).update(customer=None)
    outbox.clear()
    for review in (held, orphan):
        commands.reply_to_review(review_id=review.id, reply="Thank you.", now=timezone.now())
    assert outbox.types() == []
