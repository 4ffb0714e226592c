"""The demo order: a customer's complete journey through the gateway, as any API client would do it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table

from chassis.core.money import Money
from run.shopper import ADDRESS, Json, Refused, Shopper, until
from run.system import System

_DELIVERY_SECONDS = 90.0
#: Error codes for a product that a service does not know yet.
_NOT_KNOWN_YET = {404, 409, 422}
_STARS = "★★★★★"


def run(system: System, console: Console, *, told: bool = False) -> bool:
    """Run the journey; return whether the order was delivered. `told`: print every step, and add a review."""
    shopper = Shopper(system.url(""), system.service_url("sandbox", ""))
    tell = Teller(shopper, console, told=told)
    if not told:
        console.print("\nDriving one order through the gateway")
    try:
        order = _from_registration_to_delivery(tell)
        if told:
            _mails(tell)
            _review(tell, order)
    except (Refused, AssertionError, httpx.HTTPError, KeyError, IndexError) as error:
        console.print(f"[bold red]The demo order did not get through:[/] {type(error).__name__}: {error}")
        console.print("`make doctor` says what is wrong.")
        return False
    _timeline(tell, order)
    return True


class Teller:
    """Make the customer's calls, and print each step with its duration."""

    def __init__(self, shopper: Shopper, console: Console, *, told: bool) -> None:
        self.shopper, self.console, self.told = shopper, console, told
        self._number = 0

    def step(self, title: str, work: Callable[[], Any], result: Callable[[Any], str] = lambda _: "") -> Any:
        began = time.monotonic()
        self._number += 1
        if self.told:
            self.console.print(f"[bold]{self._number:>2}. {title}[/]")
        answer = work()
        if self.told:
            milliseconds = (time.monotonic() - began) * 1000
            for line in filter(None, result(answer).splitlines()):
                self.console.print(f"    {line}")
            self.console.print(f"    [dim]{milliseconds:.0f} ms[/]")
        return answer


def _from_registration_to_delivery(tell: Teller) -> Json:
    shopper = tell.shopper
    tell.step("Register", shopper.register, lambda _: f"POST /api/v1/auth/register/ as {shopper.email}")
    tell.step("Take the token out of the mail and verify", shopper.verify, lambda _: "POST /api/v1/auth/verify/")
    tell.step("Sign in", shopper.log_in, lambda _: "POST /api/v1/auth/token/: an access token for five minutes")
    product = tell.step("Browse and choose", lambda: _something_in_stock(shopper), _shown_product)
    variant = product["variants"][0]
    cart = tell.step(
        "Put two into the cart",
        lambda: _once_known(lambda: shopper.fill_cart((variant["sku"], 2))),
        lambda cart: f"POST /api/v1/cart/lines/: subtotal {_money(cart['subtotal'])}",
    )
    quote = tell.step(
        f"Ask what shipping to {ADDRESS['city']} costs",
        lambda: _once_known(lambda: shopper.quote([{"sku": variant["sku"], "quantity": 2}])),
        lambda quote: (
            f"{quote['carrier']} {quote['service']}, {_money(quote['price'])}, signed: the price cannot be bent"
        ),
    )
    order = tell.step("Order", lambda: _place(shopper, cart, quote), _shown_order)
    return dict(
        tell.step(
            "Wait for the parcel (the sandbox courier drives fast)",
            lambda: shopper.wait_for(order["id"], "delivered", seconds=_DELIVERY_SECONDS),
            lambda order: f"{order['tracking']['carrier']} {order['tracking']['number']}: {order['status']}",
        )
    )


def _something_in_stock(shopper: Shopper) -> Json:
    found = until(lambda: shopper.get("/api/v1/products/?in_stock=true")["results"], what="a product in stock")
    return dict(shopper.get(f"/api/v1/products/{random.choice(found)['slug']}/"))


def _once_known(ask: Callable[[], Json]) -> Json:
    """Repeat a call until the service has received the catalog, which arrives by message after the first start."""

    def answered() -> Json | None:
        try:
            return ask()
        except Refused as refusal:
            if refusal.status not in _NOT_KNOWN_YET:
                raise
            refused.append(refusal)
            return None

    refused: list[Refused] = []
    try:
        return dict(until(answered, what="the catalog in all services"))
    except AssertionError as error:
        raise refused[-1] from error


def _place(shopper: Shopper, cart: Json, quote: Json) -> Json:
    body = {
        "shipping_quote": quote["quote"],
        "shipping_address": ADDRESS,
        "payment_method": "card_ok",
        "expected_subtotal": cart["subtotal"],
    }
    return dict(shopper.post("/api/v1/orders/", body, key=uuid4().hex))


def _mails(tell: Teller) -> None:
    shopper = tell.shopper
    tell.step(
        "Look into the mailbox",
        lambda: until(lambda: _all_about_delivery(shopper.mails()), what="the mail about the delivery"),
        lambda mails: "\n".join(mail["subject"] for mail in mails),
    )


def _all_about_delivery(mails: list[Json]) -> list[Json]:
    return mails if any("has arrived" in mail["subject"].lower() for mail in mails) else []


def _review(tell: Teller, order: Json) -> None:
    shopper = tell.shopper
    review = {
        "product_id": order["lines"][0]["product_id"],
        "stars": 5,
        "title": "Just as shown",
        "text": "It came quickly, well packed, and looks right.",
    }

    def written() -> Json | None:
        """Write a review once the review service has received the delivery, which arrives by message."""
        try:
            return dict(shopper.post("/api/v1/reviews/", review, key=uuid4().hex))
        except Refused as refusal:
            if refusal.code != "not_a_verified_buyer":
                raise
            return None

    tell.step(
        "Review it, as a verified buyer",
        lambda: until(written, what="being allowed to review"),
        lambda review: f"{_STARS[: review['stars']]} {review['title']}",
    )


def _timeline(tell: Teller, order: Json) -> None:
    answer = tell.shopper.get(f"/api/v1/orders/{order['id']}/timeline/")
    entries = answer["results"] if isinstance(answer, dict) else answer
    tell.console.print(f"\n[bold]Order {order['number']}[/], {_money(order['total'])}, {order['status']}")
    table = Table.grid(padding=(0, 2))
    first = datetime.fromisoformat(entries[0]["at"])
    for entry in entries:
        seconds = (datetime.fromisoformat(entry["at"]) - first).total_seconds()
        table.add_row(f"  {seconds:>6.2f} s", entry.get("step") or entry.get("name", ""), entry["message"])
    tell.console.print(table)


def _shown_product(product: Json) -> str:
    variant = product["variants"][0]
    return f"{product['name']} ({variant['sku']}), {_money(variant['price'])}"


def _shown_order(order: Json) -> str:
    parts = ", ".join(f"{name} {_money(order[name])}" for name in ("subtotal", "shipping", "tax", "total"))
    return f"POST /api/v1/orders/: accepted as {order['number']}\n{parts}"


def _money(money: Json) -> str:
    return str(Money(**money))
