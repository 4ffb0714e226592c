"""A customer's journey from registration to a review, with real processes, through the gateway."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
import websockets
from run.shopper import ADDRESS, Refused, until

from tests.journeys.money import money_of


def test_from_registration_to_a_review(newcomer, books):
    newcomer.register()
    newcomer.verify()
    newcomer.log_in()

    found = newcomer.get("/api/v1/products/search/?q=lamp")["results"]
    assert found, "the demo catalog has lamps"
    page = newcomer.get("/api/v1/products/?in_stock=true&ordering=price")
    product = newcomer.get(f"/api/v1/products/{page['results'][0]['slug']}/")
    sku = product["variants"][0]["sku"]
    rating_before = newcomer.get(f"/api/v1/ratings/{product['id']}/")["count"]

    cart = newcomer.fill_cart((sku, 2))
    quote = newcomer.quote([{"sku": sku, "quantity": 2}])
    order = newcomer.post(
        "/api/v1/orders/",
        {
            "shipping_quote": quote["quote"],
            "shipping_address": ADDRESS,
            "payment_method": "card_ok",
            "expected_subtotal": cart["subtotal"],
        },
        key=uuid4().hex,
    )
    assert order["status"] in {"pending", "processing"}
    assert order["total"]["amount"] == cart["subtotal"]["amount"] + quote["price"]["amount"]

    delivered = newcomer.wait_for(order["id"], "delivered")
    assert delivered["tracking"]["number"]
    assert money_of(books, order["id"]).captured == delivered["total"]["amount"]
    steps = [entry["step"] for entry in newcomer.get(f"/api/v1/orders/{order['id']}/timeline/")]
    wanted = ["placed", "reserved", "authorized", "confirmed", "preparing", "dispatched", "delivered"]
    assert [step for step in steps if step in wanted] == wanted

    review = {"product_id": product["id"], "stars": 5, "title": "Lovely", "text": "It came quickly and looks right."}
    written = until(lambda: reviewed(newcomer, review), what="being allowed to review")
    assert written["stars"] == 5
    until(
        lambda: newcomer.get(f"/api/v1/ratings/{product['id']}/")["count"] == rating_before + 1, what="the new rating"
    )
    until(
        lambda: newcomer.get(f"/api/v1/products/{product['slug']}/")["rating"]["count"] == rating_before + 1,
        what="the rating shown with the product",
    )
    subjects = " | ".join(mail["subject"].lower() for mail in newcomer.mails())
    for word in ("is confirmed", "on its way", "has arrived"):
        assert word in subjects, subjects
    assert all(mail["html"] and mail["text"] for mail in newcomer.mails())


def reviewed(shopper, review):
    """Write a review when the delivery has reached the review service."""
    try:
        return shopper.post("/api/v1/reviews/", review, key=uuid4().hex)
    except Refused as refusal:
        assert refusal.code == "not_a_verified_buyer"
        return None


def test_a_stranger_cannot_review(shopper):
    product = shopper.get("/api/v1/products/")["results"][0]
    review = {"product_id": product["id"], "stars": 1, "title": "Bad", "text": "I have never had it in my hands."}
    with pytest.raises(Refused) as refusal:
        shopper.post("/api/v1/reviews/", review, key=uuid4().hex)
    assert refusal.value.code == "not_a_verified_buyer"


def test_the_socket_tells_each_step_in_order_and_the_missed_ones_after_a_reconnect(system, shopper, cheap_sku):
    async def listen():
        ticket = shopper.post("/api/v1/ws-tickets/")["ticket"]
        address = system.url("").replace("http", "ws")
        frames = []
        async with websockets.connect(f"{address}/ws/?ticket={ticket}&last_seq=0") as socket:
            order = await asyncio.to_thread(shopper.order, (cheap_sku, 1))
            while len(frames) < 3:
                frames.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
        await asyncio.to_thread(shopper.wait_for, order["id"], "delivered")
        ticket = await asyncio.to_thread(lambda: shopper.post("/api/v1/ws-tickets/")["ticket"])
        async with websockets.connect(f"{address}/ws/?ticket={ticket}&last_seq={frames[-1]['seq']}") as socket:
            while frames[-1]["data"].get("status") != "delivered":
                frames.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
        return frames

    frames = asyncio.run(listen())
    sequence = [frame["seq"] for frame in frames]
    assert sequence == list(range(sequence[0], sequence[0] + len(frames))), "no gap, no repetition"
    progressed = [frame["data"] for frame in frames if frame["type"] == "order.progressed"]
    assert [data["sequence"] for data in progressed] == sorted(data["sequence"] for data in progressed)
    assert {data["status"] for data in progressed} >= {"processing", "shipped", "delivered"}


def test_a_socket_ticket_works_once(system, shopper):
    ticket = shopper.post("/api/v1/ws-tickets/")["ticket"]
    address = system.url("").replace("http", "ws")

    async def connect():
        async with websockets.connect(f"{address}/ws/?ticket={ticket}"):
            return True

    assert asyncio.run(connect())
    with pytest.raises(websockets.exceptions.WebSocketException):
        asyncio.run(connect())
