"""The life of a review."""

import pytest

from reviews.domain.rating import RatingChange
from reviews.domain.review import (
    REPORTS_TO_HOLD,
    TRANSITIONS,
    Rejection,
    Review,
    ReviewStateForbids,
    Status,
    messages,
    rating_change,
)
from reviews.events_out import ReviewPublished, ReviewRejected
from tests.factories import GOOD, LINK, NOON, a_review


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(Status)


def test_a_new_review_is_published_or_held():
    given = {"review_id": a_review().id, "product_id": a_review().id, "customer_id": a_review().id, "now": NOON}
    assert Review.written(words=GOOD, **given).status is Status.PUBLISHED
    held = Review.written(words=LINK, **given)
    assert (held.status, held.published_at) == (Status.PENDING, None)


def test_a_changed_text_goes_through_moderation_again():
    assert a_review().rewritten(LINK, now=NOON).status is Status.PENDING
    assert a_review(status=Status.PENDING, words=LINK).rewritten(GOOD, now=NOON).status is Status.PUBLISHED


def test_a_rejected_review_is_read_by_a_person_whatever_it_says_now():
    again = a_review().rejected(Rejection.SPAM, now=NOON).rewritten(GOOD, now=NOON)
    assert again.status is Status.PENDING
    assert again.rewritten(GOOD, now=NOON).status is Status.PENDING
    assert again.approved(now=NOON).rewritten(GOOD, now=NOON).status is Status.PUBLISHED


def test_withdrawing_does_not_launder_a_rejection():
    review = a_review().rejected(Rejection.SPAM, now=NOON).withdrawn(now=NOON)
    assert review.rewritten(GOOD, now=NOON).status is Status.PENDING


def test_a_withdrawn_review_has_no_text():
    review = a_review().withdrawn(now=NOON)
    assert (review.words.title, review.words.text) == ("", "")


def test_nobody_approves_or_rejects_what_was_withdrawn():
    review = a_review().withdrawn(now=NOON)
    with pytest.raises(ReviewStateForbids):
        review.approved(now=NOON)
    with pytest.raises(ReviewStateForbids):
        review.rejected(Rejection.SPAM, now=NOON)


def test_enough_reports_take_an_unread_review_off_the_page():
    review = a_review(buyers_reports=REPORTS_TO_HOLD - 2).reported(by_buyer=True, now=NOON)
    assert review.status is Status.PUBLISHED
    assert review.reported(by_buyer=True, now=NOON).status is Status.PENDING


def test_accounts_that_have_bought_nothing_hide_nothing_however_many_they_are():
    review = a_review(buyers_reports=REPORTS_TO_HOLD - 1)
    for _ in range(20):
        review = review.reported(by_buyer=False, now=NOON)
    assert (review.status, review.open_reports) == (Status.PUBLISHED, 20)
    assert review.rewritten(review.words, now=NOON).status is Status.PUBLISHED


def test_reports_do_not_hide_what_a_person_has_approved():
    review = a_review().approved(now=NOON)
    for _ in range(REPORTS_TO_HOLD + 1):
        review = review.reported(by_buyer=True, now=NOON)
    assert review.status is Status.PUBLISHED


def test_only_published_reviews_count():
    one, held = a_review(), a_review(status=Status.PENDING)
    assert rating_change(None, one) == RatingChange(one.product_id, plus=4)
    assert not rating_change(None, held)
    assert rating_change(one, one.withdrawn(now=NOON)) == RatingChange(one.product_id, minus=4)


def test_the_same_stars_again_change_no_rating():
    one = a_review()
    assert not rating_change(one, one.rewritten(GOOD, now=NOON))


def test_others_hear_of_publishing_and_rejecting():
    held = a_review(status=Status.PENDING, published_at=None)
    assert isinstance(messages(held, held.approved(now=NOON))[0], ReviewPublished)
    (told,) = messages(held, held.rejected(Rejection.SPAM, now=NOON))
    assert isinstance(told, ReviewRejected)
    assert told.reason.endswith(".")


def test_nobody_is_told_about_the_review_of_an_account_that_is_gone():
    review = a_review(customer_id=None)
    assert messages(review, review.rejected(Rejection.SPAM, now=NOON)) == []
