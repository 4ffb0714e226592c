"""Preparation for orders: signed-in accounts, stock, a signed quote."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from run.shopper import ADDRESS, Json, Shopper, new_shopper
from run.system import System

from tests.benchmarks.load import Client

BUYERS = 8
_PLENTY = 100_000


@dataclass(frozen=True)
class Placed:
    order_id: str
    buyer: Shopper

    def now(self) -> Json:
        return self.buyer.order_now(self.order_id)

    def timeline(self) -> dict[str, datetime]:
        """Return the time at which each step was first reached."""
        reached: dict[str, datetime] = {}
        for entry in self.buyer.get(f"/api/v1/orders/{self.order_id}/timeline/"):
            reached.setdefault(entry["step"], datetime.fromisoformat(entry["at"]))
        return reached


class Shop:
    """A few buyers and two products with unlimited stock."""

    def __init__(self, system: System, buyers: int = BUYERS) -> None:
        self.system = system
        with ThreadPoolExecutor(BUYERS) as pool:
            self.buyers: list[Shopper] = list(pool.map(lambda _: self._new_buyer(), range(buyers)))
        self.skus = sorted(self.buyers[0].variants())
        for sku in self.skus[:2]:
            system.set_stock(sku, _PLENTY)

    def sign_in(self) -> None:
        """Sign in again: tokens are valid for five minutes, and a benchmark may take as long."""
        for buyer in self.buyers:
            buyer.log_in()

    def clients(self, placed: list[Placed], *skus: str) -> list[Callable[[Any], None]]:
        """Return a function per buyer; each call orders one unit of each SKU and appends the order to `placed`."""
        lines = [{"sku": sku, "quantity": 1} for sku in skus]
        return [self._client(buyer, lines, placed) for buyer in self.buyers]

    def _new_buyer(self) -> Shopper:
        return new_shopper(self.system.url(""), self.system.service_url("sandbox", ""))

    def _client(self, buyer: Shopper, lines: list[Json], placed: list[Placed]) -> Callable[[Any], None]:
        client = Client(self.system.url(""), buyer.tokens["access_token"])
        body = {
            "lines": lines,
            "shipping_quote": buyer.quote(lines)["quote"],
            "shipping_address": ADDRESS,
            "payment_method": "card_ok",
            "expected_subtotal": self.buyers[0].subtotal(lines),
        }

        def place(_: Any) -> None:
            order = client.post("/api/v1/orders/", body, Idempotency_Key=uuid4().hex)
            placed.append(Placed(order["id"], buyer))

        return place
