"""The stand-in keeps Stripe's rules. What a shop sees of it is tested in the payment service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe as sdk
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.stripe import faults, records, routes
from sandbox.stripe.routes import account
from sandbox.stripe.webhooks import events

INTENT = {
    "amount": "1999",
    "currency": "eur",
    "capture_method": "manual",
    "automatic_payment_methods[enabled]": "true",
    "metadata[reference]": "p-1",
}


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    records.books.close()
    account.cache_clear()
    faults.switch(faults.Fault())
    events.reset()
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    with TestClient(Starlette(routes=routes), follow_redirects=False, headers=headers) as client:
        yield client
    records.books.close()
    account.cache_clear()


def post(shop: TestClient, path: str, key: str = "", **form: str) -> dict[str, Any]:
    headers = {"Idempotency-Key": key or f"{path} {sorted(form.items())}"}
    return shop.post(f"/stripe/v1/{path}", data=form, headers=headers).json()


def paid_in_browser(shop: TestClient, method: str = "pm_card_visa") -> str:
    intent = post(shop, "payment_intents", **INTENT)
    shop.post(f"/stripe/pay/{intent['client_secret']}/", data={"payment_method": method})
    return str(intent["id"])


def status(shop: TestClient, intent_id: str) -> str:
    return str(shop.get(f"/stripe/v1/payment_intents/{intent_id}").json()["status"])


def told() -> list[str]:
    return [json.loads(row["body"])["type"] for row in records.books.rows("SELECT * FROM events")]


def test_what_the_customer_decides_in_the_browser_holds_the_money_once(shop):
    intent_id = paid_in_browser(shop)
    assert status(shop, intent_id) == "requires_capture"
    shop.post("/stripe/pay/pi_1_secret_1/", data={"payment_method": "pm_card_chargeDeclined"})  # too late
    assert post(shop, f"payment_intents/{intent_id}/capture", amount_to_capture="1999")["status"] == "succeeded"
    assert told() == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
    ]


AFTER = {"confirm": "requires_capture", "refuse": "requires_payment_method"}


@pytest.mark.parametrize("decision", AFTER)
def test_a_bank_that_asks(shop, decision):
    intent_id = paid_in_browser(shop, "pm_card_authenticationRequired")
    assert status(shop, intent_id) == "requires_action"
    assert "Yes, it is me" in shop.get("/stripe/pay/pi_1_secret_1/").text
    shop.post(f"/stripe/pay/pi_1_secret_1/{decision}/")
    assert status(shop, intent_id) == AFTER[decision]


def test_everything_is_there_after_a_restart_and_a_key_does_its_work_once(shop):
    intent_id = paid_in_browser(shop)
    post(shop, f"payment_intents/{intent_id}/capture", amount_to_capture="1999")
    refund = {"payment_intent": intent_id, "amount": "500", "metadata[reference]": "r-1"}
    first = post(shop, "refunds", "k", **refund)
    account.cache_clear()
    assert post(shop, "refunds", "k", **refund) == first
    assert [one["amount"] for one in shop.get("/stripe/books/").json()["refund"]] == [500]


def test_without_the_key_nothing_is_done(shop):
    shop.headers["Authorization"] = "Bearer sk_live_x"
    assert post(shop, "payment_intents", **INTENT)["error"]["code"] == "api_key_invalid"
    assert shop.get("/stripe/books/").json()["payment_intent"] == []


def test_an_answer_of_500_is_repeated_to_the_same_key_although_the_work_was_done(shop):
    shop.post("/stripe/faults/", json={"mode": "fail_after", "count": 1})
    for _ in range(2):
        assert post(shop, "payment_intents", "k", **INTENT)["error"]["type"] == "api_error"
    assert len(shop.get("/stripe/books/").json()["payment_intent"]) == 1


def test_an_unknown_fault_is_refused(shop):
    assert shop.post("/stripe/faults/", json={"mode": "moody"}).status_code == 400
    assert shop.post("/stripe/faults/", json={"mode": "down", "operation": "dance"}).status_code == 400


def test_a_refund_that_fails_later_and_a_dispute_are_told(shop):
    intent_id = paid_in_browser(shop)
    post(shop, f"payment_intents/{intent_id}/capture", amount_to_capture="1999")
    shop.post("/stripe/faults/", json={"mode": "pending"})
    refund = post(shop, "refunds", payment_intent=intent_id, amount="5", **{"metadata[reference]": "r-1"})
    assert refund["status"] == "pending"
    for what, id_ in (("refund-fails", refund["id"]), ("dispute-opens", intent_id), ("dispute-lost", "dp_1")):
        assert shop.post(f"/stripe/happens/{what}/{id_}/").status_code == 200
    assert told()[-3:] == ["refund.failed", "charge.dispute.created", "charge.dispute.closed"]
    assert shop.post("/stripe/happens/dispute-opens/pi_9/").status_code == 404


def test_webhooks_carry_a_signature_that_stripes_own_library_accepts(shop):
    got: list[tuple[bytes, str]] = []

    async def receiver(scope, receive, send) -> None:
        got.append(((await receive())["body"], dict(scope["headers"])[b"stripe-signature"].decode()))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(receiver)) as client:
            return await events.send_due(client)

    events.configure(url="http://shop/hook")
    paid_in_browser(shop)
    assert asyncio.run(send()) == 2
    types = [sdk.Webhook.construct_event(body, header, "whsec_sandbox").type for body, header in got]
    assert types == ["payment_intent.created", "payment_intent.amount_capturable_updated"]


def test_a_card_that_was_saved_is_there_after_a_restart_and_gone_with_its_customer(shop):
    customer = post(shop, "customers", **{"metadata[reference]": "x"})["id"]
    setup = post(shop, "setup_intents", customer=customer, usage="off_session")
    assert shop.post(f"/stripe/save/{setup['client_secret']}/").status_code == 204
    account.cache_clear()
    saved = f"/stripe/v1/customers/{customer}/payment_methods"
    assert [method["card"]["last4"] for method in shop.get(saved).json()["data"]] == ["4242"]
    assert shop.delete(f"/stripe/v1/customers/{customer}").json()["deleted"]
    account.cache_clear()
    assert shop.get(saved).status_code == 404


def test_a_request_without_a_key_is_done_each_time(shop):
    made = [shop.post("/stripe/v1/customers", data={"metadata[reference]": "x"}).json()["id"] for _ in range(2)]
    assert len(set(made)) == 2


@pytest.mark.parametrize("path", ["payment_intents/pi_9/capture", "refunds"])
def test_what_is_not_there_is_refused(shop, path):
    answer = shop.post(f"/stripe/v1/{path}", data={"payment_intent": "pi_9", "amount": "1", "amount_to_capture": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")
