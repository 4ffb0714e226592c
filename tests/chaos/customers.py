"""Customers who do what customers do, and never give up: what was not answered is asked again with the same key."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from run.shopper import Refused, Shopper, until

#: Asked again: somebody is away, slow, or asks to wait. 409: the first request with this key is still at work.
_AGAIN = {401, 409, 429, 502, 503, 504}
_PATIENCE = 240.0
_ENDS = ("delivered", "canceled")

#: What happens to an order, and how many of twenty.
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
    """An order as its customer knows it at the end."""

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
    """Place one order and do what the story says; the order's id. It need not have ended yet."""
    key = uuid4().hex
    order = _asked(shopper, lambda: shopper.order((sku, quantity), card=_CARDS.get(story, "card_ok"), key=key))
    path = f"/api/v1/orders/{order['id']}"
    if story == "declined, then a good card":
        _wait_for_payment(shopper, order["id"], "declined")
        pay = uuid4().hex
        _asked(shopper, lambda: shopper.post(f"{path}/payment/", {"payment_method": "card_ok"}, key=pay))
    elif story == "asked by the bank, and confirmed":
        url = _wait_for_payment(shopper, order["id"], "action_required")["payment"]["action_url"]
        _asked(shopper, lambda: httpx.post(f"{url}confirm/", timeout=30).raise_for_status())
    elif story == "canceled by the customer":
        _cancel(shopper, path)
    return str(order["id"])


def wait_for_the_end(shopper: Shopper, order_id: str, story: str, sku: str, quantity: int) -> Told:
    """One that does not end is told as it then stands."""
    order: dict[str, Any] = {}

    def ended() -> bool:
        order.update(_asked(shopper, lambda: shopper.order_now(order_id)))
        return order["status"] in _ENDS

    with suppress(AssertionError):
        until(ended, seconds=_PATIENCE, what="the end")
    return Told(
        order_id, order["number"], shopper.email, story, order["status"], order["total"]["amount"], sku, quantity
    )


def _cancel(shopper: Shopper, path: str) -> None:
    """Refused when the parcel has left already."""
    try:
        _asked(shopper, lambda: shopper.post(f"{path}/cancel/", {"reason": "changed_my_mind"}))
    except Refused as refusal:
        if refusal.code != "order_not_cancelable":
            raise


def _wait_for_payment(shopper: Shopper, order_id: str, status: str) -> dict[str, Any]:
    def reached() -> dict[str, Any] | None:
        order = _asked(shopper, lambda: shopper.order_now(order_id))
        return order if order["payment"]["status"] == status else None

    return dict(until(reached, seconds=_PATIENCE, what=f"payment {status} of order {order_id}"))


def _asked(shopper: Shopper, ask: Callable[[], Any]) -> Any:
    """The answer, however often it takes."""

    def answered() -> tuple[Any] | None:
        try:
            return (ask(),)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _AGAIN:
                raise
        except httpx.TransportError:
            pass
        except Refused as error:
            if error.status not in _AGAIN or error.code == "order_not_cancelable":
                raise
            if error.status == 401:
                _sign_in_again(shopper)
        return None

    (answer,) = until(answered, seconds=_PATIENCE, what="an answer")
    return answer


def _sign_in_again(shopper: Shopper) -> None:
    try:
        shopper.log_in()
    except (httpx.TransportError, Refused):
        return
