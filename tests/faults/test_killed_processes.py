"""Web and worker processes die by SIGKILL during 50 orders; afterwards charges, labels, stock and mails agree."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
from run.shopper import Refused, new_shopper, until

ORDERS = 50
SERVICES = ("orders", "payments", "products", "shipping", "notifications")
VICTIMS = [f"{service}-{role}" for service in SERVICES for role in ("worker", "web")]


def place(shopper, sku):
    """Send the same request until it is answered, as a careful client does."""
    key = uuid4().hex

    def answered():
        try:
            return shopper.order((sku, 1), key=key)
        except (httpx.TransportError, Refused) as error:
            if isinstance(error, Refused) and error.status not in {409, 429, 502, 503, 504, 401}:
                raise
            return None

    return until(answered, seconds=120, what="an answer to the order")["id"]


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

    for order_id in ids:
        buyer.log_in()
        buyer.wait_for(order_id, "delivered", seconds=180)
    payments, courier = books("payments"), books("courier")
    mine = set(ids)
    for kind in ("authorizations", "captures"):
        count = Counter(effect["order_id"] for effect in payments[kind] if effect["order_id"] in mine)
        assert count == Counter(ids), f"{kind}: {count}"
    assert not [effect for effect in payments["refunds"] + payments["voids"] if effect["order_id"] in mine]
    labels = Counter(each["reference"] for each in courier["shipments"] if each["reference"] in mine)
    assert labels == Counter(ids)
    numbers = [buyer.order_now(order_id)["number"] for order_id in ids]

    def each_confirmed_once():
        subjects = [mail["subject"] for mail in buyer.mails() if "is confirmed" in mail["subject"].lower()]
        return all(sum(number in subject for subject in subjects) >= 1 for number in numbers)

    until(each_confirmed_once, seconds=60, what="a confirmation for each order")
    for word in ("is confirmed", "on its way", "has arrived"):
        subjects = [mail["subject"] for mail in buyer.mails() if word in mail["subject"].lower()]
        twice = [number for number in numbers if sum(number in subject for subject in subjects) > 1]
        assert not twice, f"mailed twice ({word}): {twice}"
