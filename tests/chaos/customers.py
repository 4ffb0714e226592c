"""The customers of a chaos run."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from run.shopper import Refused, Shopper, until

from tests.faults.asking import PATIENCE, asked, place

_ENDS = ("delivered", "canceled")

#: The stories of orders, and their number in twenty.
STORIES = {
    "good card": 11,
    "declined, then a good card": 2,
    "asked by the bank, and confirmed": 2,
    "answer lost after authorizing": 1,
    "answer lost after charging": 1,
    "canceled by the customer": 3,
}
_CARDS = {
    "declined, then a good card": "card_declined",
    "asked by the bank, and confirmed": "card_action_required",
    "answer lost after authorizing": "card_timeout",
    "answer lost after charging": "card_capture_timeout",
}


@dataclass(frozen=True)
class Told:
    """An order as its customer saw it at the end."""

    id: str
    number: str
    email: str
    story: str
    status: str
    total: int
    sku: str
    quantity: int


def stories(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return chance.choices(list(STORIES), weights=list(STORIES.values()), k=count)


def play(shopper: Shopper, story: str, sku: str, quantity: int) -> str:
    """Place one order and follow the story; return the order's id. It may still be running."""
    order_id = place(shopper, sku, quantity, card=_CARDS.get(story, "card_ok"))
    path = f"/api/v1/orders/{order_id}"
    if story == "declined, then a good card":
        _wait_for_payment(shopper, order_id, "declined")
        pay = uuid4().hex
        asked(shopper, lambda: shopper.post(f"{path}/payment/", {"payment_method": "card_ok"}, key=pay))
    elif story == "asked by the bank, and confirmed":
        url = _wait_for_payment(shopper, order_id, "action_required")["payment"]["action_url"]
        asked(shopper, lambda: httpx.post(f"{url}confirm/", timeout=30).raise_for_status())
    elif story == "canceled by the customer":
        _cancel(shopper, path)
    return order_id


def wait_for_the_end(shopper: Shopper, order_id: str, story: str, sku: str, quantity: int) -> Told:
    """Wait for the order's end; after the time limit return its present state."""
    order: dict[str, Any] = {}

    def ended() -> bool:
        order.update(asked(shopper, lambda: shopper.order_now(order_id)))
        return order["status"] in _ENDS

    with suppress(AssertionError):
        until(ended, seconds=PATIENCE, what="the end")
    return Told(
        order_id, order["number"], shopper.email, story, order["status"], order["total"]["amount"], sku, quantity
    )


def _cancel(shopper: Shopper, path: str) -> None:
    """Cancel the order; this is refused after the parcel has left."""
    try:
        asked(shopper, lambda: shopper.post(f"{path}/cancel/", {"reason": "changed_my_mind"}))
    except Refused as refusal:
        if refusal.code != "order_not_cancelable":
            raise


def _wait_for_payment(shopper: Shopper, order_id: str, status: str) -> dict[str, Any]:
    def reached() -> dict[str, Any] | None:
        order = asked(shopper, lambda: shopper.order_now(order_id))
        if order["status"] in _ENDS:
            raise RuntimeError(f"order {order_id} is {order['status']} ({order['message']})")
        return order if order["payment"]["status"] == status else None

    return dict(until(reached, seconds=PATIENCE, what=f"payment {status} of order {order_id}"))
