"""Weight bands, weights, and pauses between polls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chassis.core.money import Money
from shipping.domain.carrier_call import poll_pause
from shipping.domain.rates import Band, ProductNotKnown, WeightMissing, offers, parcel_weight, shipped_weight


def band(up_to, cents, *, service="standard", days=3):
    price = Money(cents, "EUR")
    return Band(
        carrier="souk-post", service=service, name=service, max_weight_grams=up_to, price=price, delivery_days=days
    )


def test_the_narrowest_band_that_fits_is_offered():
    found = offers([band(5000, 900), band(1000, 500), band(500, 400)], weight_grams=501)
    assert [offer.max_weight_grams for offer in found] == [1000]


def test_a_band_takes_just_its_weight_and_no_gram_more():
    assert offers([band(1000, 500)], weight_grams=1000)
    assert offers([band(1000, 500)], weight_grams=1001) == []


def test_the_cheapest_service_comes_first():
    found = offers([band(1000, 900, service="express", days=1), band(1000, 500)], weight_grams=10)
    assert [offer.service for offer in found] == ["standard", "express"]


def test_weights_add_up():
    assert parcel_weight({"A": 2, "B": 1}, {"A": 300, "B": 150}) == 750


def test_an_unknown_product_is_named():
    with pytest.raises(ProductNotKnown) as refusal:
        parcel_weight({"A": 1, "X": 1}, {"A": 300})
    assert refusal.value.facts["skus"] == ["X"]


def test_goods_without_a_weight_are_not_quoted_and_are_named():
    with pytest.raises(WeightMissing) as refusal:
        parcel_weight({"A": 3, "B": 1}, {"A": 0, "B": 0})
    assert refusal.value.facts["skus"] == ["A", "B"]
    assert parcel_weight({"A": 3, "B": 1}, {"A": 0, "B": 5}) == 5


def test_a_paid_order_of_goods_without_a_weight_leaves_all_the_same():
    assert shipped_weight({"A": 2}, {"A": 0}) == 1000


def test_prices_in_unlike_currencies_are_not_compared():
    yen = Band(
        carrier="swift", service="fast", name="fast", max_weight_grams=500, price=Money(1, "JPY"), delivery_days=1
    )
    assert [offer.price.currency for offer in offers([yen, band(500, 900)], weight_grams=10)] == ["EUR", "JPY"]


def test_a_paid_order_leaves_even_when_a_weight_is_not_known():
    assert shipped_weight({"A": 1, "X": 2}, {"A": 300}) == 1300


def test_pauses_between_polls_grow_and_are_bounded():
    assert poll_pause(timedelta(minutes=1), 1) == timedelta(minutes=2)
    assert poll_pause(timedelta(minutes=1), 1000) == timedelta(hours=6)
