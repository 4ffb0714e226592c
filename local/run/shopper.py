"""A customer who uses the shop's API through the gateway. For the demo and for tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

ADDRESS = {
    "name": "Amira Khalil",
    "line1": "Karlsplatz 1",
    "line2": "",
    "city": "Wien",
    "postal_code": "1010",
    "region": "",
    "country": "AT",
    "phone": "+4312345678",
}

Json = dict[str, Any]


class Refused(Exception):
    """The shop refused; `problem` is the problem document."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        is_json = "json" in answer.headers.get("content-type", "")
        self.problem: Json = answer.json() if is_json else {"detail": answer.text[:500]}
        request = answer.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {self.problem.get('detail', '')}")

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


class Shopper:
    """A customer, signed in or not. Methods return the JSON of the response and raise Refused for 4xx and 5xx."""

    def __init__(self, shop_url: str, mailbox_url: str, *, timeout: float = 60.0) -> None:
        self.http = httpx.Client(base_url=shop_url, timeout=timeout)
        self.mailbox = httpx.Client(base_url=mailbox_url, timeout=timeout)
        self.email = f"shopper-{uuid4().hex[:12]}@souk.test"
        self.password = f"correct horse {uuid4().hex[:8]}"
        self.tokens: Json = {}
        self._variants: dict[str, Json] = {}

    # Any request

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        if key:
            headers["Idempotency-Key"] = key
        answer = self.http.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise Refused(answer)
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.call("POST", path, body, key=key)

    # Account

    def register(self) -> None:
        self.post("/api/v1/auth/register/", {"email": self.email, "password": self.password, "name": "Amira Khalil"})

    def verification_token(self) -> str:
        """Return the token from the mail, as a person would find it."""
        mail = until(lambda: self.mail_about("verif", "confirm your e"), what="the verification mail")
        found = re.search(r"token=([\w-]+)", mail["text"])
        assert found, mail["text"]
        return found.group(1)

    def verify(self) -> None:
        self.post("/api/v1/auth/verify/", {"token": self.verification_token()})

    def log_in(self) -> None:
        self.tokens = self.post("/api/v1/auth/token/", {"email": self.email, "password": self.password})

    def mails(self) -> list[Json]:
        """Return the mails of this customer, oldest first."""
        answer = self.mailbox.get("/mailbox/messages/", params={"to": self.email})
        answer.raise_for_status()
        return list(answer.json()["messages"])

    def mail_about(self, *words: str) -> Json | None:
        """Return the first mail with one of the words in its subject."""
        for mail in self.mails():
            if any(word.lower() in mail["subject"].lower() for word in words):
                return mail
        return None

    # Shopping

    def fill_cart(self, *lines: tuple[str, int]) -> Json:
        """Set the cart to (SKU, quantity) lines and return it."""
        for sku, quantity in lines:
            self.post("/api/v1/cart/lines/", {"sku": sku, "quantity": quantity})
        return dict(self.get("/api/v1/cart/"))

    def quote(self, lines: list[Json]) -> Json:
        """Return the cheapest shipping quote."""
        where = {"country": ADDRESS["country"], "postal_code": ADDRESS["postal_code"]}
        answer = self.post("/api/v1/shipping/quotes/", {"address": where, "lines": lines})
        options = answer["options"] if isinstance(answer, dict) else answer
        return dict(min(options, key=lambda option: option["price"]["amount"]))

    def order(self, *lines: tuple[str, int], card: str = "card_ok", key: str | None = None, **changes: Any) -> Json:
        """Place an order of the lines (not of the cart)."""
        return self.place(self.checkout(*lines, card=card, **changes), key=key or uuid4().hex)

    def place(self, checkout: Json, *, key: str) -> Json:
        """Place an order. Without a response, repeat it with the same checkout and key."""
        return dict(self.post("/api/v1/orders/", checkout, key=key))

    def checkout(self, *lines: tuple[str, int], card: str = "card_ok", **changes: Any) -> Json:
        """Return the checkout data for the lines, with a new quote."""
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        return {
            "lines": wanted,
            "shipping_quote": self.quote(wanted)["quote"],
            "shipping_address": ADDRESS,
            "payment_method": card,
            "expected_subtotal": self.subtotal(wanted),
            **changes,
        }

    def subtotal(self, lines: list[Json]) -> Json:
        """Return the price of the lines in the catalog."""
        amount = sum(self.price(line["sku"]) * line["quantity"] for line in lines)
        return {"amount": amount, "currency": "EUR"}

    def price(self, sku: str) -> int:
        return int(self.variants()[sku]["price"]["amount"])

    def variants(self) -> dict[str, Json]:
        """Every SKU of the catalog with its variant and its product's slug; read once."""
        if not self._variants:
            # All or none: another thread, or a call after one that failed, must not meet half of the catalog.
            self._variants = self._all_variants()
        return self._variants

    def _all_variants(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        page: str | None = "/api/v1/products/?page_size=100"
        while page:
            answer = self.get(page)
            for product in answer["results"]:
                detail = self.get(f"/api/v1/products/{product['slug']}/")
                found |= {each["sku"]: each | {"slug": product["slug"]} for each in detail["variants"]}
            page = answer["next"]
        return found

    def available(self, sku: str) -> int:
        """Return the units that can be sold now. A signed-in customer's reads are never cached."""
        detail = self.get(f"/api/v1/products/{self.variants()[sku]['slug']}/")
        return int(next(each["available"] for each in detail["variants"] if each["sku"] == sku))

    def order_now(self, order_id: str) -> Json:
        return dict(self.get(f"/api/v1/orders/{order_id}/"))

    def wait_for(self, order_id: str, *statuses: str, seconds: float = 60.0) -> Json:
        """Return the order when its customer-facing status is one of these."""

        def reached() -> Json | None:
            order = self.order_now(order_id)
            return order if order["status"] in statuses else None

        return dict(until(reached, seconds=seconds, what=f"order {order_id} being {' or '.join(statuses)}"))


def new_shopper(shop_url: str, mailbox_url: str) -> Shopper:
    """Return a customer who is registered, verified and signed in."""
    shopper = Shopper(shop_url, mailbox_url)
    shopper.register()
    shopper.verify()
    shopper.log_in()
    return shopper


def until(condition: Callable[[], Any], *, seconds: float = 30.0, what: str = "it") -> Any:
    """Return the first true result. Raises AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)
    return result
