"""Ratings, votes and the recount stay exact with many concurrent customers."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from chassis.outbox.models import OutboxMessage
from reviews import commands, queries, repository
from reviews.domain.review import AlreadyReviewed, Words
from reviews.models import Rating, RatingRepair, Review
from testkit.plugin import Outbox
from tests.factories import GOOD, bought, written

threaded = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls in threads and return their results or errors."""

    def run(call):
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, calls))


def submitting(customer_id, product_id, stars):
    words = Words(stars=stars, title="So", text="It is what it is.")
    return lambda: commands.submit_review(
        customer_id=customer_id, product_id=product_id, words=words, now=timezone.now()
    )


@threaded
def test_a_rating_is_exact_when_many_write_edit_and_withdraw_at_once():
    product_id = uuid4()
    old = [written(product_id=product_id, stars=stars) for stars in (1, 2, 3, 4, 5, 5)]
    new = [bought(product_id=product_id)[0] for _ in range(12)]
    results = at_once(
        *(submitting(customer_id, product_id, 1 + n % 5) for n, customer_id in enumerate(new)),
        *(
            lambda row=row: commands.edit_review(
                review_id=row.id, customer_id=row.customer_id, now=timezone.now(), stars=3
            )
            for row in old[:3]
        ),
        *(
            lambda row=row: commands.withdraw_review(review_id=row.id, customer_id=row.customer_id, now=timezone.now())
            for row in old[3:]
        ),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert queries.rating_of(product_id) == repository.counted([product_id])[product_id]
    assert queries.rating_of(product_id).count == 15

    told = [(e.aggregateversion, e.data) for e in Outbox().envelopes("rating.changed.v1")]
    last = max(told, key=lambda pair: pair[0])[1]
    assert last["histogram"] == queries.rating_of(product_id).by_stars
    assert len({version for version, _ in told}) == len(told)


@threaded
def test_the_first_reviews_of_a_product_at_once_make_one_rating():
    product_id = uuid4()
    customers = [bought(product_id=product_id)[0] for _ in range(8)]
    results = at_once(*(submitting(customer_id, product_id, 5) for customer_id in customers))
    assert not [result for result in results if isinstance(result, Exception)]
    assert Rating.objects.get().count == 8


@threaded
def test_the_same_review_eight_times_at_once_is_one_review():
    customer_id, product_id = bought()
    results = at_once(*[submitting(customer_id, product_id, 5)] * 8)
    assert sum(isinstance(result, AlreadyReviewed) for result in results) == 7
    assert Review.objects.count() == Rating.objects.get().count == 1
    assert OutboxMessage.objects.filter(type="review.published.v1").count() == 1


@threaded
def test_votes_are_exact_when_many_vote_at_once():
    review, voters = written(), [uuid4() for _ in range(10)]
    at_once(
        *(
            lambda voter=voter, helpful=helpful: commands.vote_on_review(
                review_id=review.id, voter_id=voter, helpful=helpful, now=timezone.now()
            )
            for voter in voters
            for helpful in (True, True, False)
        )
    )
    row = Review.objects.get()
    assert row.helpful_yes + row.helpful_no == 10
    assert row.helpful_yes == row.vote_set.filter(helpful=True).count()


@threaded
def test_the_recount_harms_no_review_that_comes_at_the_same_time():
    product_id = uuid4()
    customers = [bought(product_id=product_id)[0] for _ in range(10)]
    calls = [submitting(customer_id, product_id, 4) for customer_id in customers]
    recounts = [lambda: commands.recount_ratings(now=timezone.now())] * 4
    results = at_once(*calls[:5], *recounts[:2], *calls[5:], *recounts[2:])
    assert not [result for result in results if isinstance(result, Exception)]
    assert Rating.objects.get().count == 10


@pytest.mark.django_db
def test_the_recount_repairs_notes_and_tells_what_is_wrong(outbox):
    wrong, right = written(), written()
    Rating.objects.filter(product_id=wrong.product_id).update(stars_4=2, stars_1=1, count=3, stars_total=9)
    outbox.clear()
    assert commands.recount_ratings(now=timezone.now()) == 1
    assert commands.recount_ratings(now=timezone.now()) == 0
    assert queries.rating_of(wrong.product_id).by_stars["1"] == 0
    assert RatingRepair.objects.get().was["1"] == 1
    assert outbox.one("rating.changed.v1")["product_id"] == str(wrong.product_id)
    assert queries.rating_of(right.product_id).count == 1


@pytest.mark.django_db
def test_a_rating_that_is_missing_is_made():
    review = written()
    Rating.objects.all().delete()
    assert commands.recount_ratings(now=timezone.now()) == 1
    assert queries.rating_of(review.product_id).count == 1


@pytest.mark.django_db
def test_a_rating_that_lost_count_is_repaired_by_the_next_change():
    review = written()
    Rating.objects.all().delete()
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    assert queries.rating_of(review.product_id).count == 0
    commands.submit_review(customer_id=review.customer_id, product_id=review.product_id, words=GOOD, now=timezone.now())
    assert queries.rating_of(review.product_id).count == 1
