"""One label per order, whether the carrier is unavailable, slow, or does the work without a response."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from chassis.work import leasing
from shipping import commands, models
from shipping.domain.carrier_call import LEASE, CallNotOpen, CallState
from shipping.domain.shipment import ShipmentNotRetriable
from shipping.domain.shipment_data import ShipmentStatus
from shipping.work.pool import POOL
from tests.factories import ADDRESS, create_message, make_calls, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(deliver):
    message = create_message()
    deliver("shipment.create.v1", message)
    return message


def call_of(order):
    return models.CarrierCall.objects.get(shipment=row(order), operation="create")


def labels(courier, order):
    return len(courier.labels_of(f"order-{order['order_id']}"))


@pytest.mark.parametrize("fault", ["timeout_after", "fail_after"])
def test_an_answer_lost_after_the_work_is_found_by_looking_and_never_buys_again(courier, order, outbox, fault):
    courier.fail(fault)
    make_calls()
    assert row(order).status == ShipmentStatus.REQUESTED
    assert labels(courier, order) == 1, "the courier has done it; we do not know"
    make_calls(minutes_later=10)
    assert labels(courier, order) == 1
    assert call_of(order).attempts == 2
    assert outbox.one("shipment.created.v1")["tracking_number"] == courier.books()["shipments"][0]["tracking_number"]


def test_several_lost_answers_in_a_row_are_still_one_label(courier, order, outbox):
    courier.fail("fail_after", count=3)
    for minutes in range(0, 60, 10):
        make_calls(minutes_later=minutes)
    assert labels(courier, order) == 1
    assert len(outbox.data("shipment.created.v1")) == 1


def test_a_carrier_that_is_away_is_asked_again_until_it_is_back(courier, order, outbox):
    courier.fail("down", count=None)
    for minutes in range(0, 60, 10):
        make_calls(minutes_later=minutes)
    assert call_of(order).attempts == 6
    assert "503" in call_of(order).error
    assert outbox.types() == []
    courier.fail("none")
    make_calls(minutes_later=70)
    assert outbox.types() == ["shipment.created.v1"]


def test_a_failed_attempt_waits_before_the_next(courier, order):
    courier.fail("down", count=None)
    make_calls()
    make_calls()
    assert call_of(order).attempts == 1


def test_a_call_whose_process_died_is_taken_over_when_its_lease_ends(courier, order, outbox):
    now = timezone.now()
    models.CarrierCall.objects.update(attempts=1, leased_until=now + timedelta(seconds=60))
    make_calls()
    assert outbox.types() == []
    make_calls(minutes_later=2)
    assert outbox.types() == ["shipment.created.v1"]
    assert labels(courier, order) == 1


def test_a_run_that_lost_the_lease_records_nothing(courier, order, outbox, monkeypatch):
    """The first attempt is slow: its lease ends, and another one finds the label."""
    from shipping.work import carrier_calls

    real, overtaken = carrier_calls._call_carrier, []

    def slow(call, now):
        label = real(call, now)
        if not overtaken:
            overtaken.append(call)
            make_calls(minutes_later=2)
        return label

    monkeypatch.setattr(carrier_calls, "_call_carrier", slow)
    make_calls()
    assert outbox.types() == ["shipment.created.v1"]
    assert labels(courier, order) == 1


def test_a_cancel_without_an_answer_is_asked_again(courier, order, outbox, deliver):
    make_calls()
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    courier.fail("timeout_after")
    make_calls()
    assert row(order).status == ShipmentStatus.CANCELING
    make_calls(minutes_later=10)
    assert outbox.types() == ["shipment.created.v1", "shipment.canceled.v1"]


def test_staff_may_try_a_refused_parcel_again(courier, outbox, deliver):
    order = create_message(address={**ADDRESS, "postal_code": "00000"})
    deliver("shipment.create.v1", order)
    make_calls()
    assert call_of(order).state == CallState.REFUSED
    models.Shipment.objects.update(address=ADDRESS)
    commands.retry_call(call_id=call_of(order).id, now=timezone.now())
    make_calls()
    assert outbox.types() == ["shipment.failed.v1", "shipment.created.v1"]
    assert labels(courier, order) == 1


def test_a_label_that_staff_give_up_before_it_was_requested_is_never_bought(courier, order, outbox):
    commands.give_up_call(call_id=call_of(order).id, reason="the parcel is lost", now=timezone.now())
    make_calls()
    assert outbox.one("shipment.failed.v1")["message"] == "the parcel is lost"
    assert (row(order).status, call_of(order).state) == (ShipmentStatus.FAILED, CallState.REFUSED)
    make_calls(minutes_later=60)
    assert labels(courier, order) == 0


def test_a_label_that_was_bought_after_all_is_recorded_although_staff_gave_it_up(courier, order, outbox):
    courier.fail("fail_after")
    make_calls()
    commands.give_up_call(call_id=call_of(order).id, reason="no answer", now=timezone.now())
    make_calls(minutes_later=1)
    assert outbox.types() == ["shipment.created.v1"]
    assert (row(order).status, labels(courier, order)) == (ShipmentStatus.CREATED, 1)


def test_a_label_that_staff_give_up_is_looked_for_until_no_attempt_can_be_under_way(courier, order, outbox):
    courier.fail("down")
    make_calls()
    commands.give_up_call(call_id=call_of(order).id, reason="no answer", now=timezone.now())
    make_calls(minutes_later=1)
    assert (call_of(order).state, outbox.types()) == (CallState.WAITING, [])
    courier.fail("down", count=None)
    make_calls(minutes_later=10)
    assert (call_of(order).state, outbox.types()) == (CallState.WAITING, []), "the carrier cannot be looked at"
    courier.fail("none")
    make_calls(minutes_later=30)
    assert outbox.one("shipment.failed.v1")["code"] == "given_up"
    assert labels(courier, order) == 0


def test_a_label_that_was_given_up_can_be_requested_again(courier, order, outbox):
    commands.give_up_call(call_id=call_of(order).id, reason="why", now=timezone.now())
    make_calls()
    commands.retry_call(call_id=call_of(order).id, now=timezone.now())
    make_calls()
    assert outbox.types() == ["shipment.failed.v1", "shipment.created.v1"]
    assert labels(courier, order) == 1


def test_a_cancellation_that_staff_give_up_lets_the_parcel_continue(courier, order, outbox, deliver):
    make_calls()
    courier.fail("down", count=None)
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    make_calls()
    cancellation = models.CarrierCall.objects.get(operation="cancel")
    commands.give_up_call(call_id=cancellation.id, reason="it has left", now=timezone.now())
    make_calls(minutes_later=30)
    assert outbox.types()[-1] == "shipment.cancel_refused.v1"
    assert row(order).status == ShipmentStatus.CREATED


def test_a_call_that_is_being_made_or_has_ended_is_not_given_up(courier, order):
    call = leasing.lease_one(models.CarrierCall.objects.all(), call_of(order).id, now=timezone.now(), lasting=LEASE)
    with pytest.raises(CallNotOpen):
        commands.give_up_call(call_id=call.id, reason="why", now=timezone.now())
    make_calls(minutes_later=10)
    with pytest.raises(CallNotOpen):
        commands.give_up_call(call_id=call.id, reason="why", now=timezone.now())


def test_a_finished_call_cannot_be_tried_again(courier, order):
    make_calls()
    with pytest.raises(ShipmentNotRetriable):
        commands.retry_call(call_id=call_of(order).id, now=timezone.now())


def test_a_refused_parcel_that_is_canceled_cannot_be_tried_again(courier, outbox, deliver):
    order = create_message(service="pigeon")
    deliver("shipment.create.v1", order)
    make_calls()
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    assert outbox.types() == ["shipment.failed.v1", "shipment.canceled.v1"]
    with pytest.raises(ShipmentNotRetriable):
        commands.retry_call(call_id=call_of(order).id, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_buy_one_label(courier, deliver, outbox):
    from django.db import connection

    order = create_message()
    deliver("shipment.create.v1", order)

    def ask():
        make_calls()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert labels(courier, order) == 1
    assert outbox.types() == ["shipment.created.v1"]


@pytest.mark.django_db(transaction=True)
def test_the_call_is_made_at_once_when_the_message_is_committed(in_worker, courier, deliver, outbox, settings):
    settings.CARRIER_THREADS = 1
    order = create_message()
    deliver("shipment.create.v1", order)
    POOL.drain(10)
    assert outbox.types() == ["shipment.created.v1"]
    assert labels(courier, order) == 1
