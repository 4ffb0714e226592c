"""N simultaneous buyers of M units over HTTP get exactly M orders."""

from __future__ import annotations

from run.shopper import until
from run.system import System

from tests.benchmarks.figures import Figure
from tests.benchmarks.load import closed_loop
from tests.benchmarks.shop import Placed, Shop

_SOLD = {"processing", "shipped", "delivered"}
_LONGEST_SECONDS = 60.0


def oversell_rounds(system: System, shop: Shop, *, rounds: int, buyers: int, units: int) -> list[Figure]:
    sold = [_round(system, shop, shop.skus[-1 - number], buyers, units) for number in range(rounds)]
    return [
        Figure(
            name="oversell: rounds that sold exactly what there was",
            unit=f"of {rounds}",
            measured=sum(each == units for each in sold),
            target=rounds,
            at_least=True,
            note=f"{buyers} orders for {units} units each time; sold {', '.join(map(str, sold))}",
        )
    ]


def _round(system: System, shop: Shop, sku: str, buyers: int, units: int) -> int:
    """Return the number of sold units, or -1 when the remaining stock disagrees."""
    system.set_stock(sku, units)
    placed: list[Placed] = []
    closed_loop(range(buyers), shop.clients(placed, sku))
    ended: dict[str, str] = {}

    def all_ended() -> bool:
        for order in placed:
            if order.order_id not in ended and (status := order.now()["status"]) in _SOLD | {"canceled"}:
                ended[order.order_id] = status
        return len(ended) == buyers

    until(all_ended, seconds=_LONGEST_SECONDS, what=f"the end of {buyers} orders")
    sold = sum(status in _SOLD for status in ended.values())
    return sold if _available(shop, sku) == max(units - sold, 0) else -1


def _available(shop: Shop, sku: str) -> int:
    for product in shop.buyers[0].get("/api/v1/products/?page_size=100")["results"]:
        for variant in shop.buyers[0].get(f"/api/v1/products/{product['slug']}/")["variants"]:
            if variant["sku"] == sku:
                return int(variant["available"])
    raise LookupError(sku)
