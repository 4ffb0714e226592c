"""The card processor follows its own rules, whatever a shop sends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.payments import faults, processor, routes, webhooks

KEY = {"Authorization": "Bearer sandbox-key"}


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    processor.books.close()
    faults.switch(faults.Fault())
    webhooks.events.reset()
    with TestClient(Starlette(routes=routes), headers=KEY) as client:
        yield client
    processor.books.close()


def authorize(shop: TestClient, card: str = "card_ok", amount: int = 1999, **headers: str) -> dict[str, Any]:
    body = {
        "amount": amount,
        "currency": "EUR",
        "payment_method": card,
        "reference": "p-1",
        "metadata": {"order_id": "o-1"},
    }
    return shop.post("/payments/authorizations/", json=body, headers=headers).json()


def do(shop: TestClient, authorization: dict[str, Any], what: str, **body: Any) -> httpx.Response:
    return shop.post(f"/payments/authorizations/{authorization['id']}/{what}/", json=body)


def totals(shop: TestClient) -> dict[str, int]:
    return shop.get("/payments/books/").json()["totals"]


def test_a_payment_is_captured_once(shop):
    held = authorize(shop)
    assert held["status"] == "authorized"
    assert do(shop, held, "capture").json()["captured"] == 1999
    assert do(shop, held, "capture").status_code == 409
    assert totals(shop) == {"authorizations": 1999, "captures": 1999, "voids": 0, "refunds": 0}


def test_refunds_never_exceed_what_was_captured(shop):
    held = authorize(shop)
    assert do(shop, held, "refunds", amount=100).json()["error"]["code"] == "not_captured"
    do(shop, held, "capture")
    assert do(shop, held, "refunds", amount=1500, reference="r-1").status_code == 201
    assert do(shop, held, "refunds", amount=500).json()["error"]["code"] == "refund_exceeds_captured"
    assert do(shop, held, "refunds", amount=499).status_code == 201
    assert totals(shop)["refunds"] == 1999


def test_a_refund_that_the_bank_sends_back_is_a_failed_one_and_leaves_the_money_with_the_shop(shop):
    made = authorize(shop)["id"]
    shop.post(f"/payments/authorizations/{made}/capture/")
    refund = shop.post(f"/payments/authorizations/{made}/refunds/", json={"amount": 500}).json()["id"]
    for _ in range(2):
        after = shop.post(f"/payments/refunds/{refund}/bounce/").json()
    assert (after["refunded"], after["refunds"][0]["status"]) == (0, "failed")
    assert len(shop.get("/payments/books/").json()["bounces"]) == 1
    assert shop.post("/payments/refunds/none/bounce/").status_code == 404


def test_a_refusal_is_stored_under_its_key_and_does_nothing(shop):
    shop.post("/payments/faults/", json={"mode": "refuse", "count": 1})
    for _ in range(2):
        assert authorize(shop, **{"Idempotency-Key": "k"})["error"]["code"] == "refused"
    assert shop.get("/payments/books/").json()["totals"]["authorizations"] == 0


def test_a_voided_authorization_cannot_be_captured(shop):
    held = authorize(shop)
    assert do(shop, held, "void").json()["status"] == "voided"
    assert do(shop, held, "capture").json()["error"]["code"] == "authorization_voided"


def test_the_same_key_does_the_work_once_and_another_body_is_refused(shop):
    first = authorize(shop, **{"Idempotency-Key": "k-1"})
    assert authorize(shop, **{"Idempotency-Key": "k-1"}) == first
    assert authorize(shop, amount=1, **{"Idempotency-Key": "k-1"})["error"]["code"] == "idempotency_key_reused"
    assert totals(shop)["authorizations"] == 1999


def test_a_forgotten_key_does_the_work_again_as_the_real_ones_do(shop):
    authorize(shop, **{"Idempotency-Key": "k-1"})
    shop.post("/payments/faults/", json={"mode": "forget_keys"})
    authorize(shop, **{"Idempotency-Key": "k-1"})
    assert totals(shop)["authorizations"] == 2 * 1999


def test_declined_cards_hold_nothing(shop):
    assert authorize(shop, "card_declined")["code"] == "card_declined"
    assert authorize(shop, "card_insufficient_funds")["status"] == "declined"
    assert authorize(shop, "4242")["error"]["code"] == "unknown_payment_method"
    assert totals(shop)["authorizations"] == 0


def test_a_challenge_is_decided_once(shop):
    held = authorize(shop, "card_action_required")
    page = held["action_url"]
    assert "19.99 EUR" in shop.get(page).text
    assert shop.post(f"{page}confirm/").json() == {"status": "authorized"}
    assert shop.post(f"{page}refuse/").json() == {"status": "authorized"}
    assert "confirmed" in shop.post(f"{page}refuse/", headers={"Accept": "text/html"}).text
    assert totals(shop)["authorizations"] == 1999


def test_a_challenge_of_a_voided_payment_comes_too_late(shop):
    held = authorize(shop, "card_action_required")
    do(shop, held, "void")
    assert shop.post(f"{held['action_url']}confirm/").json() == {"status": "voided"}
    assert totals(shop)["authorizations"] == 0


def test_without_the_key_nobody_gets_in(shop):
    assert shop.get("/payments/authorizations/", headers={"Authorization": "Bearer no"}).status_code == 401


def test_an_error_after_the_work_is_stored_as_the_answer_and_the_work_is_found(shop):
    shop.post("/payments/faults/", json={"mode": "fail_after", "count": 1})
    assert authorize(shop, **{"Idempotency-Key": "k-1"})["error"]["code"] == "internal_error"
    assert authorize(shop, **{"Idempotency-Key": "k-1"})["error"]["code"] == "internal_error"
    (found,) = shop.get("/payments/authorizations/?reference=p-1").json()["data"]
    assert found["status"] == "authorized"
    assert totals(shop)["authorizations"] == 1999


def test_a_processor_that_is_away_does_nothing(shop):
    shop.post("/payments/faults/", json={"mode": "down", "count": 1})
    assert authorize(shop)["error"]["code"] == "unavailable"
    assert authorize(shop)["status"] == "authorized"


class Receiver:
    """A shop's webhook address: an ASGI application that records what it receives."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []

    async def __call__(self, scope, receive, send) -> None:
        body = (await receive())["body"]
        self.got.append((body, dict(scope["headers"])[b"sandbox-signature"].decode()))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def send_due(self) -> int:
        async def send() -> int:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self)) as client:
                return await webhooks.events.send_due(client)

        return asyncio.run(send())


def test_webhooks_are_signed_and_sent_once(shop):
    receiver = Receiver()
    webhooks.events.configure(url="http://shop/hook")
    do(shop, authorize(shop), "capture")
    assert receiver.send_due() == 2
    assert receiver.send_due() == 0
    body, header = receiver.got[0]
    at = header.partition(",")[0].removeprefix("t=")
    expected = hmac.new(b"sandbox-webhook-secret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert header == f"t={at},v1={expected}"
    assert b'"type": "authorization.authorized"' in body


def test_webhooks_can_come_twice_and_reversed(shop):
    receiver = Receiver()
    webhooks.events.configure(url="http://shop/hook", duplicates=True, reversed=True)
    do(shop, authorize(shop), "capture")
    receiver.send_due()
    kinds = [b"captured" in body.partition(b'"created"')[0] for body, _ in receiver.got]
    assert kinds == [True, True, False, False]


def test_a_webhook_that_nobody_takes_is_kept(shop):
    webhooks.events.configure(url="http://127.0.0.1:9/hook")
    authorize(shop)

    async def send() -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await webhooks.events.send_due(client)

    assert asyncio.run(send()) == 0
    assert shop.get("/payments/webhook-settings/").json()["undelivered"] == 1
