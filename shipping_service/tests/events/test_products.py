"""The copy of the products' weights."""

from __future__ import annotations

import pytest

from chassis.inbox.receiver import Outcome
from shipping.models import VariantWeight
from tests.factories import product_message

pytestmark = pytest.mark.django_db


def weights():
    return dict(VariantWeight.objects.values_list("sku", "weight_grams"))


def with_weight(product, grams):
    return {**product, "variants": [{**product["variants"][0], "weight_grams": grams}]}


def test_weights_are_copied(deliver):
    deliver("product.changed.v1", product_message())
    assert weights() == {"MUG-RED": 350, "MUG-BLUE": 360}


def test_a_newer_snapshot_replaces_an_older_one(deliver):
    product = product_message()
    deliver("product.changed.v1", product, version=1)
    deliver("product.changed.v1", with_weight(product, 500), version=2)
    assert weights()["MUG-RED"] == 500
    assert not VariantWeight.objects.get(sku="MUG-BLUE").active


def test_an_older_snapshot_that_comes_late_changes_nothing(deliver):
    product = product_message()
    deliver("product.changed.v1", with_weight(product, 500), version=2)
    deliver("product.changed.v1", product, version=1)
    assert weights() == {"MUG-RED": 500}


def test_the_same_snapshot_again_changes_nothing(deliver):
    product = product_message()
    deliver("product.changed.v1", product, times=2)
    deliver("product.changed.v1", product)
    assert weights() == {"MUG-RED": 350, "MUG-BLUE": 360}


def test_a_sku_may_move_to_another_product(deliver):
    deliver("product.changed.v1", product_message())
    deliver("product.changed.v1", with_weight(product_message(), 777))
    assert weights()["MUG-RED"] == 777


def test_a_snapshot_without_weights_is_kept_for_another_try(deliver):
    assert deliver("product.changed.v1", product_message(variants=[{"sku": "A"}])) == [Outcome.FAILED]
    assert weights() == {}
