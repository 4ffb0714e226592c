from uuid import uuid4

import pytest

from reviews.domain.rating import Rating, RatingChange

PRODUCT = uuid4()


def test_a_product_without_reviews_has_a_rating_of_zero():
    rating = Rating(PRODUCT)
    assert (rating.count, rating.stars_total, rating.average_hundredths) == (0, 0, 0)


@pytest.mark.parametrize(
    ("by_stars", "average"),
    [({5: 1}, 500), ({1: 1, 2: 1}, 150), ({4: 2, 5: 1}, 433), ({5: 2, 4: 1}, 467), ({1: 7, 2: 1}, 113)],
)
def test_the_average_is_rounded_half_up(by_stars, average):
    assert Rating.counted(PRODUCT, by_stars).average_hundredths == average


def test_a_change_moves_one_review():
    rating = Rating.counted(PRODUCT, {3: 2}).after(RatingChange(PRODUCT, minus=3, plus=5))
    assert rating.by_stars == {"1": 0, "2": 0, "3": 1, "4": 0, "5": 1}


def test_the_event_contains_everything():
    event = Rating.counted(PRODUCT, {4: 2, 5: 1}).changed()
    assert (event.count, event.stars_total, event.histogram["4"]) == (3, 13, 2)
