"""Reviews are found by Elasticsearch, by the database during an outage, and by Elasticsearch again."""

from __future__ import annotations

from engines import elasticsearch
from run.shopper import Shopper, new_shopper, until

from tests.journeys.test_the_journey import reviewed


def review(shopper: Shopper, sku: str, text: str) -> None:
    """Return a review by a buyer whose parcel has arrived."""
    order = shopper.order((sku, 1))
    shopper.wait_for(order["id"], "delivered")
    product = shopper.get(f"/api/v1/products/{shopper.variants()[sku]['slug']}/")
    written = {"product_id": product["id"], "stars": 5, "title": "Well made", "text": text}
    until(lambda: reviewed(shopper, written), what="being allowed to review")


def found(shopper: Shopper, word: str) -> int:
    """Search without the cache: a signed-in reader's response is never cached."""
    return len(shopper.get(f"/api/v1/reviews/search/?q={word}")["results"])


def test_search_outlives_its_engine(place, system, shopper, cheap_sku):
    other = new_shopper(system.url(""), system.service_url("sandbox", ""))
    review(shopper, cheap_sku, "The lid closes like a zibeline purse, without a sound.")
    until(lambda: found(shopper, "zibeline") == 1, what="the review by a word of its text")
    until(
        lambda: found(shopper, "zibelinne") == 1, what="the review by a typing error, which only Elasticsearch forgives"
    )

    node = elasticsearch.daemon(place)
    node.kill()
    assert found(shopper, "zibeline") == 1
    assert found(shopper, "zibelinne") == 0, "it is the database that answers"
    review(other, cheap_sku, "My quokka would sit in it all day.")
    assert found(other, "quokka") == 1

    node.start()
    until(lambda: found(shopper, "zibelinne") == 1, what="Elasticsearch answering again")
    until(lambda: found(other, "quokkka") == 1, seconds=120, what="the review of meanwhile, told to it late")
