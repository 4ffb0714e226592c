"""Commands of the order service: repeated, late, and reordered."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from chassis.inbox.models import FailedMessage
from chassis.inbox.receiver import Outcome
from shipping import commands, models
from shipping.domain.shipment_data import ShipmentStatus
from tests.factories import ADDRESS, create_message, make_calls, return_message, row, weigh

pytestmark = pytest.mark.django_db


def test_a_shipment_is_created_and_told(deliver, courier, outbox):
    weigh(**{"MUG-RED": 350})
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    (label,) = courier.labels_of(f"order-{order['order_id']}")
    assert (label["weight_grams"], label["order_number"], label["address"]) == (700, "S-100042", ADDRESS)
    told = outbox.one("shipment.created.v1")
    assert told["tracking_number"] == label["tracking_number"]
    assert told["order_id"] == order["order_id"]
    assert told["customer_id"] == order["customer_id"]
    assert row(order).status == ShipmentStatus.CREATED


def test_its_messages_belong_to_the_orders_journey(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order, correlation_id="journey-of-the-order")
    make_calls()
    courier.move(row(order).tracking_number)
    courier.tell_all()
    assert {envelope.correlationid for envelope in outbox.envelopes()} == {"journey-of-the-order"}


def test_the_same_message_twice_is_one_label(deliver, courier, outbox):
    order = create_message()
    assert deliver("shipment.create.v1", order, times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    make_calls()
    assert courier.books()["labels"] == 1


def test_the_same_question_again_gets_the_same_answer_and_no_second_label(deliver, courier, outbox):
    order = create_message()
    for _ in range(2):
        deliver("shipment.create.v1", order)
        make_calls()
    assert courier.books()["labels"] == 1
    first, second = outbox.data("shipment.created.v1")
    assert first == second


def test_asking_again_after_delivery_tells_the_whole_story(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    outbox.clear()
    deliver("shipment.create.v1", order)
    assert outbox.types() == ["shipment.created.v1", "shipment.dispatched.v1", "shipment.delivered.v1"]


def test_a_parcel_that_no_carrier_takes_is_told_as_failed(deliver, courier, outbox):
    order = create_message(address={**ADDRESS, "country": "AQ"})
    deliver("shipment.create.v1", order)
    make_calls()
    assert outbox.one("shipment.failed.v1")["code"] == "destination_not_served"
    assert row(order).status == ShipmentStatus.FAILED
    assert courier.books()["labels"] == 0


def test_a_message_without_an_address_is_parked_and_harms_nothing(deliver, courier):
    order = create_message()
    del order["address"]
    assert deliver("shipment.create.v1", order) == [Outcome.FAILED]
    assert FailedMessage.objects.count() == 1
    assert not models.Shipment.objects.exists()


def test_a_cancel_before_the_carrier_was_asked_buys_no_label(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    make_calls(minutes_later=60)
    assert outbox.types() == ["shipment.canceled.v1"]
    assert courier.books()["labels"] == 0


def test_a_cancel_after_the_label_gives_the_label_back(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    assert row(order).status == ShipmentStatus.CANCELING
    make_calls()
    assert outbox.types() == ["shipment.created.v1", "shipment.canceled.v1"]
    assert courier.books()["canceled"] == 1


def test_a_cancel_after_pick_up_is_refused_and_the_parcel_goes_on(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    courier.move(row(order).tracking_number)
    for _ in range(2):
        deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
        make_calls()
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    assert len(outbox.data("shipment.cancel_refused.v1")) == 2
    assert outbox.one("shipment.delivered.v1")["order_id"] == order["order_id"]
    assert courier.books()["canceled"] == 0


def test_a_repeated_cancel_is_answered_again(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    for _ in range(3):
        deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
        make_calls()
    assert len(outbox.data("shipment.canceled.v1")) == 3
    assert courier.books()["canceled"] == 1


def test_a_cancel_that_comes_before_its_order_is_remembered(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    deliver("shipment.create.v1", order)
    make_calls(minutes_later=60)
    assert outbox.types() == ["shipment.canceled.v1", "shipment.canceled.v1"]
    assert courier.books()["labels"] == 0


def test_a_cancel_while_the_label_is_unknown_ends_without_a_label(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    courier.fail("timeout_after")
    make_calls()
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    make_calls(minutes_later=10)
    make_calls(minutes_later=20)
    assert outbox.types() == ["shipment.canceled.v1"]
    assert (courier.books()["labels"], courier.books()["canceled"]) == (1, 1)


def test_a_return_gets_a_label_that_can_be_mailed(deliver, courier, outbox, api):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    back = return_message(order)
    deliver("return_shipment.create.v1", back, times=2)
    deliver("return_shipment.create.v1", back)
    make_calls()
    deliver("return_shipment.create.v1", back)
    first, second = outbox.data("return_shipment.created.v1")
    assert first == second
    assert len(courier.labels_of(f"return-{back['return_id']}")) == 1
    link = first["label_url"].removeprefix("http://127.0.0.1:8080")
    answer = api(None).get(link)
    assert answer.status_code == 200
    assert first["tracking_number"].encode() in answer.content


def test_a_return_is_received_once(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    back = return_message(order)
    deliver("return_shipment.create.v1", back)
    make_calls()
    courier.move(outbox.one("return_shipment.created.v1")["tracking_number"], steps=9)
    courier.tell_all()
    assert outbox.one("return_shipment.received.v1")["return_id"] == back["return_id"]
    assert outbox.data("shipment.delivered.v1") == []


@pytest.mark.parametrize("whose", ["unknown order", "another customer"])
def test_nothing_comes_back_that_was_never_sent(deliver, courier, whose):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    wrong = {"order_id": str(uuid4())} if whose == "unknown order" else {"customer_id": str(uuid4())}
    assert deliver("return_shipment.create.v1", return_message(order, **wrong)) == [Outcome.FAILED]
    assert models.Shipment.objects.count() == 1


def test_two_creates_at_the_same_moment_make_one_shipment(courier):
    order_id = UUID(create_message()["order_id"])
    wish = {key: value for key, value in create_message(order_id).items() if key != "order_id"}
    for _ in range(2):
        commands.request_shipment(order_id=order_id, now=timezone.now(), **wish)
    assert models.Shipment.objects.count() == 1
    assert models.CarrierCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cancel_that_races_its_order_never_leaves_a_label_behind(deliver, courier):
    orders = [create_message() for _ in range(6)]

    def bring(type_, wishes):
        for wish in wishes:
            deliver(type_, wish)
        connection.close()

    cancels = [{"order_id": order["order_id"]} for order in orders]
    threads = [
        threading.Thread(target=bring, args=("shipment.create.v1", orders)),
        threading.Thread(target=bring, args=("shipment.cancel.v1", cancels)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for minutes in (0, 10, 20):
        make_calls(minutes_later=minutes)
    assert not FailedMessage.objects.exists()
    assert [row(order).status for order in orders] == [ShipmentStatus.CANCELED] * 6
    assert courier.books()["labels"] == courier.books()["canceled"]
