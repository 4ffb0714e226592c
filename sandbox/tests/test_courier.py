"""The sandbox courier over HTTP, with its records in a temporary folder."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from sandbox import app, webhooks
from sandbox.courier import depot, faults, journey, label, routes

KEY = {"Authorization": "Bearer sandbox-courier-key"}
ADDRESS = {"name": "Ada Lovelace", "line1": "1 Rue X", "city": "Paris", "postal_code": "75001", "country": "FR"}


@pytest.fixture
def courier(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    monkeypatch.setenv("COURIER_STEP_SECONDS", "0")
    depot.books.close()
    faults.switch(faults.Fault())
    yield TestClient(Starlette(routes=routes), headers=KEY)
    depot.books.close()
    faults.switch(faults.Fault())


def an_order(**given):
    order = {
        "reference": "order-1",
        "kind": "outbound",
        "carrier": "souk-post",
        "service": "express",
        "order_number": "S-1",
        "address": ADDRESS,
        "weight_grams": 900,
        "contents": [{"sku": "A", "name": "A thing", "quantity": 1}],
    }
    return {**order, **given}


def ship(courier, *, key="k1", **given):
    return courier.post("/courier/shipments/", json=an_order(**given), headers={"Idempotency-Key": key})


def arrive(number):
    for _ in range(10):
        depot.move(number)
    return [event["status"] for event in depot.timeline(number)]


def test_without_the_api_key_nothing_is_done(courier):
    answer = TestClient(Starlette(routes=routes)).post("/courier/shipments/", json=an_order())
    assert answer.status_code == 401
    assert depot.everything()["labels"] == 0


def test_a_label_is_bought_once_for_a_key(courier):
    first, second = ship(courier), ship(courier)
    assert first.status_code == 201
    assert second.json() == first.json()
    assert courier.get("/courier/books/").json()["labels"] == 1


def test_a_key_does_not_serve_another_request(courier):
    ship(courier)
    assert ship(courier, weight_grams=901).json()["code"] == "key_reused"


def test_another_key_buys_another_label_even_for_the_same_reference(courier):
    ship(courier)
    ship(courier, key="k2")
    assert len(courier.get("/courier/shipments/?reference=order-1").json()["shipments"]) == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"service": "pigeon"}, "service_unknown"),
        ({"address": {**ADDRESS, "country": "AQ"}}, "destination_not_served"),
        ({"address": {**ADDRESS, "postal_code": "00000"}}, "address_unknown"),
        ({"address": "Paris"}, "address_incomplete"),
        ({"weight_grams": 40_000}, "too_heavy"),
    ],
)
def test_the_courier_refuses_invalid_parcels(courier, given, code):
    answer = ship(courier, **given)
    assert answer.json()["code"] == code
    assert depot.everything()["labels"] == 0


def test_a_body_that_is_no_order_is_a_bad_request(courier):
    for body in ("[]", "nonsense", "null", '{"carrier": []}'):
        answer = courier.post("/courier/shipments/", content=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code in {400, 422}, body


def test_a_parcel_goes_all_the_way(courier):
    number = ship(courier).json()["tracking_number"]
    way = ["label_created", "picked_up", "in_transit", "in_transit", "out_for_delivery", "delivered"]
    assert arrive(number) == way
    assert [e["status"] for e in courier.get(f"/courier/shipments/{number}/tracking/").json()["events"]] == way


def test_a_return_ends_where_it_came_from(courier):
    number = ship(courier, kind="return").json()["tracking_number"]
    assert arrive(number)[-1] == "received"


def test_a_parcel_for_nobody_comes_back(courier):
    number = ship(courier, address={**ADDRESS, "name": "Nobody Home"}).json()["tracking_number"]
    assert arrive(number)[-3:] == ["attempt_failed", "attempt_failed", "returned_to_sender"]


def test_before_pick_up_a_parcel_can_be_canceled_and_then_never_moves(courier):
    number = ship(courier).json()["tracking_number"]
    assert courier.post(f"/courier/shipments/{number}/cancel/").json()["status"] == "canceled"
    assert courier.post(f"/courier/shipments/{number}/cancel/").status_code == 200
    assert arrive(number) == ["label_created", "canceled"]


def test_after_pick_up_it_is_too_late_to_cancel(courier):
    number = ship(courier).json()["tracking_number"]
    depot.move(number)
    answer = courier.post(f"/courier/shipments/{number}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_picked_up")


def test_when_it_is_down_nothing_is_done(courier):
    courier.post("/courier/faults/", json={"mode": "down", "count": 1})
    assert ship(courier).status_code == 503
    assert depot.everything()["labels"] == 0
    assert ship(courier).status_code == 201


def test_a_fault_after_the_work_leaves_the_work_done(courier):
    courier.post("/courier/faults/", json={"mode": "fail_after", "count": 1})
    assert ship(courier).status_code == 500
    assert depot.everything()["labels"] == 1
    assert len(courier.get("/courier/shipments/?reference=order-1").json()["shipments"]) == 1


def test_an_unknown_fault_is_refused(courier):
    for body in ({"mode": "flood"}, {"mode": "down", "count": "x"}, []):
        assert courier.post("/courier/faults/", json=body).status_code == 400


def test_the_tracking_page_shows_the_way_but_no_name_and_no_street(courier):
    number = ship(courier).json()["tracking_number"]
    arrive(number)
    text = TestClient(Starlette(routes=routes)).get(f"/courier/track/{number}").text
    assert "Your parcel is delivered" in text
    assert "Paris, FR" in text
    assert "Lovelace" not in text
    assert "Rue" not in text


def test_the_page_of_an_unknown_number_is_harmless(courier):
    answer = courier.get("/courier/track/%3Cscript%3E")
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_the_label_escapes_what_the_customer_wrote(courier):
    row = depot.shipment(ship(courier, address={**ADDRESS, "name": "<b>&"}).json()["tracking_number"])
    assert "&lt;b&gt;&amp;" in label.draw(row)


def test_the_barcode_is_code_128():
    widths = label.code_128("SP123456785DE")
    # Start, 13 characters, checksum: 11 modules each; the stop has 13.
    assert sum(widths) == 15 * 11 + 13
    assert widths[:6] == [2, 1, 1, 2, 1, 4]


def test_every_event_is_told_signed_and_retried_until_it_was_heard(courier, monkeypatch):
    heard, answers = [], [500, 200, 200]

    async def hook(request: Request) -> Response:
        heard.append((request.headers[journey.HEADER], await request.body()))
        return Response(status_code=answers.pop(0))

    number = ship(courier).json()["tracking_number"]
    depot.move(number)
    monkeypatch.setenv("COURIER_WEBHOOK_URL", "http://shop/hook")
    monkeypatch.setattr(webhooks, "_RETRY_AFTER", (0,))
    shop = Starlette(routes=[Route("/hook", hook, methods=["POST"])])

    async def tell_twice() -> None:
        import httpx

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=shop)) as client:
            await journey.tell_due(client)
            await journey.tell_due(client)

    asyncio.run(tell_twice())
    told = [json.loads(body)["data"]["event"]["status"] for _, body in heard]
    assert sorted(told) == ["label_created", "label_created", "picked_up"]
    assert depot.everything()["webhooks_undelivered"] == 0
    header, body = heard[0]
    stamp = header.partition("t=")[2].partition(",")[0]
    right = hmac.new(b"sandbox-courier-webhook-secret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert header.endswith(f"v1={right}")
    assert abs(time.time() - int(stamp)) < 60


def test_it_moves_by_itself_until_it_is_stopped(courier, monkeypatch):
    monkeypatch.setenv("COURIER_WEBHOOK_URL", "")
    number = ship(courier).json()["tracking_number"]

    async def until_delivered() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(journey.run(stop))
        async with asyncio.timeout(10):
            while depot.shipment(number)["status"] != "delivered":
                await asyncio.sleep(0.01)
        stop.set()
        await running

    asyncio.run(until_delivered())


def full(*_, **__):
    raise sqlite3.OperationalError("database or disk is full")


def test_parcels_move_again_once_there_is_room_on_the_disk(courier, monkeypatch):
    """The background work fails and is started again."""
    number = ship(courier).json()["tracking_number"]
    monkeypatch.setattr(app, "PAUSE", 0.01)
    broken = asyncio.Event()

    def move(number):
        broken.set()
        full()

    async def a_full_disk_and_then_room():
        stop = asyncio.Event()
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(depot, "move", move)
            running = asyncio.create_task(app.keep_running(journey.run, stop))
            await asyncio.wait_for(broken.wait(), 10)
        async with asyncio.timeout(10):
            while depot.shipment(number)["next_at"] is not None:
                await asyncio.sleep(0)
        stop.set()
        await running

    monkeypatch.setenv("COURIER_WEBHOOK_URL", "")
    asyncio.run(a_full_disk_and_then_room())
    assert depot.shipment(number)["status"] == "delivered"


def test_a_parcel_that_cannot_move_stops_no_other(courier, monkeypatch):
    stuck, free = (ship(courier, key=key, reference=f"order-{key}").json()["tracking_number"] for key in "ab")
    move = depot.move
    monkeypatch.setattr(depot, "move", lambda number: full() if number == stuck else move(number))
    with pytest.raises(ExceptionGroup):
        journey.move_due()
    assert len(depot.timeline(free)) > len(depot.timeline(stuck))


def test_a_commit_that_fails_leaves_no_transaction_open(courier):
    """Otherwise all later statements would belong to it and never be committed."""
    ship(courier)
    depot.books.execute(
        "CREATE TABLE children (parent TEXT REFERENCES shipments(tracking_number) DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(sqlite3.IntegrityError), depot.books.transaction():
        depot.books.execute("INSERT INTO children VALUES ('nobody')")
    with depot.books.transaction():
        depot.books.execute("UPDATE shipments SET status = 'kept'")
    depot.books.close()
    assert depot.books.row("SELECT status FROM shipments")["status"] == "kept"
