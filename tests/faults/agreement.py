"""The comparison of all records after a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from run.shopper import Shopper, until


def expect_each_done_once(buyer: Shopper, books: Callable[[str], dict], ids: list[str]) -> None:
    """Expect every order to be delivered, with one authorization, charge, label and mail of each kind."""
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
