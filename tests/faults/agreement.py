"""Placing orders while things break, and whether afterwards everybody agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import httpx
from run.shopper import Refused, Shopper, until


def place(shopper: Shopper, sku: str) -> str:
    """Send the same request until it is answered, as a careful client does; the order's id."""
    key = uuid4().hex

    def answered() -> dict | None:
        try:
            return shopper.order((sku, 1), key=key)
        except (httpx.TransportError, Refused) as error:
            if isinstance(error, Refused) and error.status not in {409, 429, 502, 503, 504, 401}:
                raise
            return None

    return str(until(answered, seconds=120, what="an answer to the order")["id"])


def expect_each_done_once(buyer: Shopper, books: Callable[[str], dict], ids: list[str]) -> None:
    """Every order delivered; one authorization, one charge, one label and one mail of each kind for each."""
    for order_id in ids:
        buyer.log_in()
        buyer.wait_for(order_id, "delivered", seconds=180)
    payments, courier = books("payments"), books("courier")
    mine = set(ids)
    for kind in ("authorizations", "captures"):
        count = Counter(effect["order_id"] for effect in payments[kind] if effect["order_id"] in mine)
        assert count == Counter(ids), f"{kind}: {count}"
    assert not [effect for effect in payments["refunds"] + payments["voids"] if effect["order_id"] in mine]
    labels = Counter(each["reference"].removeprefix("order-") for each in courier["shipments"])
    assert {order_id: labels[order_id] for order_id in ids} == dict.fromkeys(ids, 1)
    numbers = [buyer.order_now(order_id)["number"] for order_id in ids]

    def subjects_with(word: str) -> list[str]:
        mails = [mail for mail in books("mailbox")["mails"] if mail["to"] == buyer.email]
        return [mail["subject"] for mail in mails if word in mail["subject"].lower()]

    def each_confirmed() -> bool:
        subjects = subjects_with("is confirmed")
        return all(any(number in subject for subject in subjects) for number in numbers)

    until(each_confirmed, seconds=60, what="a confirmation for each order")
    for word in ("is confirmed", "on its way", "has arrived"):
        subjects = subjects_with(word)
        twice = [number for number in numbers if sum(number in subject for subject in subjects) > 1]
        assert not twice, f"mailed twice ({word}): {twice}"
