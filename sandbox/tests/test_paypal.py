"""The stand-in keeps PayPal's rules, whatever a shop sends. What a shop sees of it is tested in the payment service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.paypal import account, faults, routes, webhooks

CONTEXT = {"return_url": "https://shop.test/", "cancel_url": "https://shop.test/no/"}


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    account.books.close()
    faults.switch(faults.Fault())
    webhooks.events.reset()
    with TestClient(Starlette(routes=routes), follow_redirects=False) as client:
        token = client.post("/paypal/v1/oauth2/token", auth=("sandbox-client", "sandbox-client-secret")).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield client
    account.books.close()


def post(shop: TestClient, path: str, body: dict[str, Any] | None = None, key: str = "") -> httpx.Response:
    headers = {"PayPal-Request-Id": key} if key else {}
    return shop.post(f"/paypal/v2/{path}", json=body or {}, headers=headers)


def an_order(shop: TestClient, value: str = "19.99", key: str = "") -> dict[str, Any]:
    unit = {"amount": {"currency_code": "EUR", "value": value}, "custom_id": "p-1", "invoice_id": "i-1"}
    body = {
        "intent": "AUTHORIZE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": CONTEXT}},
    }
    return post(shop, "checkout/orders", body, key).json()


def held(shop: TestClient) -> str:
    order = an_order(shop)
    shop.post(f"/paypal/checkoutnow/{order['id']}/approve/")
    shown = post(shop, f"checkout/orders/{order['id']}/authorize").json()
    return shown["purchase_units"][0]["payments"]["authorizations"][0]["id"]


def issue(answer: httpx.Response) -> str:
    return answer.json()["details"][0]["issue"]


def test_an_order_is_authorized_once_and_only_after_the_buyer_agreed(shop):
    path = f"checkout/orders/{an_order(shop)['id']}/authorize"
    assert issue(post(shop, path)) == "ORDER_NOT_APPROVED"
    shop.post(f"/paypal/checkoutnow/{path.split('/')[2]}/approve/")
    assert post(shop, path).status_code == 201
    assert issue(post(shop, path)) == "ORDER_ALREADY_AUTHORIZED"
    assert account.whole_books()["totals"]["authorization"] == 1999


def test_the_same_request_id_does_the_work_once(shop):
    assert an_order(shop, key="k")["id"] == an_order(shop, key="k")["id"]
    assert len(account.books.rows("SELECT * FROM orders")) == 1


def test_money_is_captured_once_and_refunds_never_exceed_it(shop):
    authorization = held(shop)
    taken = post(shop, f"payments/authorizations/{authorization}/capture").json()
    assert issue(post(shop, f"payments/authorizations/{authorization}/capture")) == "AUTHORIZATION_ALREADY_CAPTURED"
    assert issue(post(shop, f"payments/authorizations/{authorization}/void")) == "PREVIOUSLY_CAPTURED"
    path, part = f"payments/captures/{taken['id']}/refund", {"amount": {"currency_code": "EUR", "value": "15.00"}}
    assert post(shop, path, part).json()["status"] == "COMPLETED"
    assert issue(post(shop, path, part)) == "REFUND_AMOUNT_EXCEEDED"
    assert shop.get(f"/paypal/v2/payments/captures/{taken['id']}").json()["status"] == "PARTIALLY_REFUNDED"


def test_a_hold_is_authorized_again_once_and_not_too_soon(shop):
    path = f"payments/authorizations/{held(shop)}/reauthorize"
    assert issue(post(shop, path)) == "REAUTHORIZATION_NOT_SUPPORTED"
    account.grow_older(path.split("/")[2], 4)
    made = post(shop, path).json()["id"]
    account.grow_older(made, 4)
    assert issue(post(shop, f"payments/authorizations/{made}/reauthorize")) == "REAUTHORIZATION_NOT_SUPPORTED"


@pytest.mark.parametrize("value", ["0.00", "-1.00", "1.999", "x"])
def test_an_impossible_amount_is_refused(shop, value):
    assert an_order(shop, value)["name"] in {"UNPROCESSABLE_ENTITY", "INVALID_REQUEST"}
    assert account.books.rows("SELECT * FROM orders") == []


def test_without_a_token_nothing_is_done(shop):
    shop.headers["Authorization"] = "Bearer x"
    assert post(shop, "checkout/orders").status_code == 401
    assert shop.get("/paypal/v1/customer/disputes").status_code == 401


def test_webhooks_come_twice_and_reversed_on_request(shop):
    got: list[str] = []

    async def receiver(scope, receive, send) -> None:
        got.append(json.loads((await receive())["body"])["event_type"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(receiver)) as client:
            await webhooks.events.send_due(client)

    webhooks.events.configure(url="http://shop/hook", duplicates=True, reversed=True)
    held(shop)
    asyncio.run(send())
    asyncio.run(send())
    assert got == ["PAYMENT.AUTHORIZATION.CREATED"] * 2 + ["CHECKOUT.ORDER.APPROVED"] * 2
