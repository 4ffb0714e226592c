import pytest

from chassis.inbox.receiver import Outcome
from orders.models import CatalogProduct, CatalogVariant
from tests.factories import MUG, product

pytestmark = pytest.mark.django_db


def prices() -> dict[str, int]:
    return dict(CatalogVariant.objects.values_list("sku", "price_amount"))


def priced(amount: int) -> dict:
    data = product()
    data["variants"][1]["price"]["amount"] = amount
    return data


def test_a_product_is_kept_with_its_variants(deliver) -> None:
    assert deliver("product.changed.v1", product(), times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    assert prices() == {"SHIRT-M": 2999, MUG: 1250}
    assert CatalogVariant.objects.get(sku=MUG).name == "Souk Mug"


def test_the_highest_version_wins_however_late_the_others_come(deliver) -> None:
    deliver("product.changed.v1", priced(1500), version=5)
    deliver("product.changed.v1", priced(1100), version=4)
    deliver("product.changed.v1", priced(1100), version=5)
    assert prices()[MUG] == 1500
    deliver("product.changed.v1", priced(1600), version=6)
    assert prices()[MUG] == 1600
    assert CatalogProduct.objects.get().version == 6


def test_a_variant_that_is_gone_or_a_product_that_rests_is_not_sold(deliver) -> None:
    deliver("product.changed.v1", product(), version=1)
    deliver("product.changed.v1", product(variants=product()["variants"][:1]), version=2)
    assert MUG not in prices()
    deliver("product.changed.v1", product(active=False), version=3)
    assert not CatalogVariant.objects.filter(active=True).exists()


def test_a_snapshot_without_a_price_is_refused(deliver) -> None:
    data = product()
    del data["variants"][0]["price"]
    assert deliver("product.changed.v1", data) == [Outcome.FAILED]
    assert prices() == {}
