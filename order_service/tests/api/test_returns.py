from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from orders import commands
from orders.models import Order, Return
from testkit.plugin import Outbox
from testkit.project import queries_of
from tests.factories import MUG, SHIRT, place

pytestmark = pytest.mark.django_db

RETURNS = "/api/v1/returns/"


def a_delivered_order(customer_id: UUID, deliver):
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    total = {"amount": order.total.amount, "currency": "EUR"}
    now = timezone.now().isoformat()
    tracking = {"carrier": "Atlas", "tracking_number": "A1", "tracking_url": ""}
    for type_, data in (
        ("stock.reserved.v1", {}),
        ("payment.authorized.v1", {"attempt": 1, "amount": total}),
        ("stock.allocated.v1", {}),
        ("payment.captured.v1", {"amount": total}),
        ("shipment.created.v1", tracking),
        ("shipment.dispatched.v1", {**tracking, "dispatched_at": now}),
        ("shipment.delivered.v1", {"delivered_at": now}),
    ):
        deliver(type_, {**about, **data})
    return order


def ask(client, order, quantity: int = 1, sku: str = SHIRT, key: str = ""):
    asked = {"order_id": str(order.id), "lines": [{"sku": sku, "quantity": quantity}], "reason": "Too small"}
    return client.post(RETURNS, asked, HTTP_IDEMPOTENCY_KEY=key or str(uuid4()))


def test_a_return_goes_all_the_way_to_a_partial_refund(api, customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = a_delivered_order(customer_id, deliver)
    answer = ask(api(), order)
    assert answer.status_code == 202, answer.content
    back = answer.json()
    assert (back["status"], back["refund"]) == ("approved", {"amount": 2999, "currency": "EUR"})
    about = {"return_id": back["id"], "order_id": str(order.id)}
    label = {**about, "label_url": "https://label.example/1", "tracking_number": "R1"}
    refunded = {"refund_id": back["id"], "amount": back["refund"], "refunded_total": back["refund"]}
    for type_, data in (
        ("return_shipment.created.v1", label),
        ("return_shipment.received.v1", {**about, "received_at": timezone.now().isoformat()}),
        ("stock.restocked.v1", about),
        ("payment.refunded.v1", {"order_id": str(order.id), **refunded}),
    ):
        deliver(type_, data, times=2)
        deliver(type_, data)
    back = api().get(f"{RETURNS}{back['id']}/").json()
    assert (back["status"], back["label_url"]) == ("refunded", "https://label.example/1")
    row = Order.objects.get()
    assert (row.payment, row.refunded_amount, row.fulfillment) == ("partially_refunded", 2999, "delivered")
    types = outbox.types()
    for once in ("stock.restock", "payment.refund", "return.approved", "return.received", "return.refunded"):
        assert types.count(f"{once}.v1") == 1, once
    assert outbox.one("payment.refund.v1")["refund_id"] == back["id"]


def test_when_every_unit_is_back_the_order_is_returned(api, customer_id: UUID, deliver) -> None:
    order = a_delivered_order(customer_id, deliver)
    paid_back = 0
    for sku, quantity in ((SHIRT, 2), (MUG, 1)):
        back = ask(api(), order, quantity, sku).json()
        about = {"return_id": back["id"], "order_id": str(order.id)}
        deliver("return_shipment.received.v1", about)
        paid_back += back["refund"]["amount"]
        total = {"amount": paid_back, "currency": "EUR"}
        refund = {"refund_id": back["id"], "amount": back["refund"], "refunded_total": total}
        deliver("payment.refunded.v1", {"order_id": str(order.id), **refund})
    assert api().get(f"/api/v1/orders/{order.id}/").json()["status"] == "returned"
    assert Order.objects.get().refunded_amount == 7248


def test_nothing_is_returned_twice(api, customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = a_delivered_order(customer_id, deliver)
    assert ask(api(), order, 2).status_code == 202
    refused = ask(api(), order, 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_returned")
    assert (Return.objects.count(), outbox.types().count("return.requested.v1")) == (1, 1)


def test_an_undelivered_order_cannot_be_returned(api, customer_id: UUID) -> None:
    refused = ask(api(), place(customer_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_returnable")


def test_anothers_order_and_return_are_not_there(api, customer_id: UUID, deliver) -> None:
    order = a_delivered_order(customer_id, deliver)
    back = ask(api(), order).json()
    stranger = api(uuid4())
    assert ask(stranger, order).status_code == 404
    assert stranger.get(f"{RETURNS}{back['id']}/").status_code == 404
    assert stranger.get(RETURNS).json()["results"] == []
    assert Return.objects.count() == 1


def test_the_list_makes_a_constant_number_of_queries(api, customer_id: UUID, deliver) -> None:
    order = a_delivered_order(customer_id, deliver)
    client = api()
    ask(client, order)
    one = queries_of(connection, lambda: client.get(RETURNS))
    ask(client, order)
    assert queries_of(connection, lambda: client.get(RETURNS)) == one == 2
    assert len(client.get(RETURNS, {"order_id": str(order.id), "status": "approved"}).json()["results"]) == 2


def test_a_label_that_does_not_come_is_asked_for_again(api, customer_id: UUID, deliver, outbox: Outbox) -> None:
    ask(api(), a_delivered_order(customer_id, deliver))
    assert commands.wake_due_returns(now=timezone.now() + timedelta(minutes=2)) == 1
    assert outbox.types().count("return_shipment.create.v1") == 2


@pytest.mark.parametrize("bad", [{}, {"order_id": "x", "lines": []}, {"order_id": str(uuid4()), "lines": []}, []])
def test_bad_input_gets_a_problem_document(api, bad) -> None:
    assert api().post(RETURNS, bad, HTTP_IDEMPOTENCY_KEY="k").status_code == 400
