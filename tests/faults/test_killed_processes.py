"""Web and worker processes are killed during 50 orders; afterwards charges, labels, stock and mails agree."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

from run.shopper import new_shopper

from tests.faults.agreement import expect_each_done_once
from tests.faults.asking import place

ORDERS = 50
SERVICES = ("orders", "payments", "products", "shipping", "notifications")
VICTIMS = [f"{service}-{role}" for service in SERVICES for role in ("worker", "web")]


def test_killed_processes_lose_nothing_and_do_nothing_twice(system, books, cheap_sku):
    buyer = new_shopper(system.url(""), system.service_url("sandbox", ""))
    buyer.subtotal([{"sku": cheap_sku, "quantity": 1}])
    victims = itertools.cycle(VICTIMS)

    def harm():
        for _, victim in zip(range(len(VICTIMS)), victims, strict=False):
            system.kill(victim)
            system.wait_for(victim)

    with ThreadPoolExecutor(5) as pool:
        harming = pool.submit(harm)
        ids = list(pool.map(lambda _: place(buyer, cheap_sku), range(ORDERS)))
        harming.result()
    assert len(set(ids)) == ORDERS
    expect_each_done_once(buyer, books, ids)
