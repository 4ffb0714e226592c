"""A row that a sweep cannot process does not delay the others. (For the search index: `work/`.)"""

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from reviews import commands
from reviews.commands import ratings
from reviews.models import Rating
from tests.factories import written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_rating_that_cannot_be_repaired_stops_no_other(monkeypatch, broken):
    products = sorted(written().product_id for _ in range(3))
    Rating.objects.all().delete()
    repair = ratings._repair

    def fails_for_one(product_id, now):
        if product_id == products[broken]:
            raise ValueError("broken")
        return repair(product_id, now)

    monkeypatch.setattr(ratings, "_repair", fails_for_one)
    assert commands.recount_ratings(now=timezone.now()) == 2
    assert set(Rating.objects.values_list("product_id", flat=True)) == set(products) - {products[broken]}
    assert FailedRow.objects.get().key == str(products[broken])
