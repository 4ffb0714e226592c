"""A higher attempt makes another parcel or label; the same attempt gets the same reply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shipping import commands, models, work
from shipping.domain.shipment import ShipmentNotRetriable
from shipping.domain.shipment_data import ShipmentStatus
from shipping.domain.tracking import TrackingStatus
from tests.factories import ADDRESS, create_message, make_calls, return_message, row

pytestmark = pytest.mark.django_db

AWAY = {**ADDRESS, "name": "Nobody Home"}


def came_back(deliver, courier, outbox):
    order = create_message(address=AWAY)
    deliver("shipment.create.v1", order)
    make_calls()
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    assert row(order).status == ShipmentStatus.RETURNED
    outbox.clear()
    return order


def test_an_order_whose_parcel_came_back_is_sent_again_once(deliver, courier, outbox):
    order = came_back(deliver, courier, outbox)
    for _ in range(2):
        deliver("shipment.create.v1", {**order, "attempt": 2, "address": ADDRESS}, times=2)
        make_calls()
    assert courier.books()["labels"] == 2
    first, second = outbox.data("shipment.created.v1")
    assert (first["attempt"], first["tracking_number"] != row(order).tracking_number) == (2, True)
    assert first == second
    again = models.Shipment.objects.get(attempt=2)
    courier.move(again.tracking_number, steps=9)
    courier.tell_all()
    assert outbox.one("shipment.delivered.v1")["attempt"] == 2


def test_an_older_question_is_not_answered_any_more(deliver, courier, outbox):
    order = came_back(deliver, courier, outbox)
    deliver("shipment.create.v1", {**order, "attempt": 2})
    outbox.clear()
    deliver("shipment.create.v1", order)
    deliver("shipment.cancel.v1", {"order_id": order["order_id"]})
    assert outbox.types() == []
    assert models.Shipment.objects.count() == 2


def test_a_parcel_that_still_travels_becomes_the_attempt_that_is_asked_for(deliver, courier, outbox):
    order = create_message(address={**ADDRESS, "postal_code": "00000"})
    deliver("shipment.create.v1", order)
    make_calls()
    models.Shipment.objects.update(address=ADDRESS)
    commands.retry_call(call_id=row(order).calls.get().id, now=timezone.now())
    make_calls()
    outbox.clear()
    deliver("shipment.create.v1", {**order, "attempt": 2})
    make_calls()
    assert courier.books()["labels"] == 1
    assert outbox.one("shipment.created.v1")["attempt"] == 2


def test_a_refused_parcel_is_not_tried_again_beside_the_one_that_was_sent_instead(deliver, courier):
    order = create_message(address={**ADDRESS, "postal_code": "00000"})
    deliver("shipment.create.v1", order)
    make_calls()
    deliver("shipment.create.v1", {**order, "attempt": 2, "address": ADDRESS})
    make_calls()
    with pytest.raises(ShipmentNotRetriable):
        commands.retry_call(call_id=row(order).calls.get().id, now=timezone.now())
    assert courier.books()["labels"] == 1


def test_a_cancel_of_a_later_attempt_that_comes_first_is_remembered(deliver, courier, outbox):
    order = came_back(deliver, courier, outbox)
    deliver("shipment.cancel.v1", {"order_id": order["order_id"], "attempt": 2})
    deliver("shipment.create.v1", {**order, "attempt": 2})
    make_calls()
    assert [(data["attempt"], data["by"]) for data in outbox.data("shipment.canceled.v1")] == [(2, "shop")] * 2
    assert courier.books()["labels"] == 1


def test_a_refused_return_label_is_told_and_asked_for_again(deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    models.Shipment.objects.update(address={**ADDRESS, "postal_code": "00000"})
    asked = return_message(order)
    deliver("return_shipment.create.v1", asked)
    make_calls()
    told = outbox.one("return_shipment.failed.v1")
    assert (told["return_id"], told["attempt"], told["code"]) == (asked["return_id"], 1, "address_unknown")
    models.Shipment.objects.filter(return_id=None).update(address=ADDRESS)
    deliver("return_shipment.create.v1", {**asked, "attempt": 2})
    make_calls()
    assert outbox.one("return_shipment.created.v1")["attempt"] == 2


@pytest.mark.parametrize(("name", "reason"), [("Lost Parcel", "lost"), ("Damaged Parcel", "damaged")])
def test_a_courier_that_loses_or_damages_a_parcel_is_heard(deliver, courier, outbox, name, reason):
    order = create_message(address={**ADDRESS, "name": name})
    deliver("shipment.create.v1", order)
    make_calls()
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    assert outbox.one("shipment.lost.v1")["reason"] == reason
    work.poll_carrier.run_due(now=timezone.now() + timedelta(days=1))
    assert not models.TrackingPoll.objects.exists()


@pytest.mark.parametrize("status", ["picked_up", "delivered", "returned", "lost", "damaged", "canceled_by_carrier"])
def test_staff_book_by_hand_what_the_carrier_does_not_tell(staff, deliver, courier, outbox, status):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    browser = staff(superuser=False, groups=["support"])
    asked = {"action": status, "_selected_action": [str(row(order).pk)]}
    path = "/admin/shipping/shipping/shipment/"
    assert "A reason is required" in browser.post(path, asked, follow=True).content.decode()
    assert row(order).status == ShipmentStatus.CREATED
    browser.post(path, {**asked, "reason": "The carrier said so on the telephone"}, follow=True)
    tracked = {"canceled_by_carrier": "canceled"}.get(status, status)
    ended = {
        TrackingStatus.PICKED_UP: "dispatched",
        TrackingStatus.DELIVERED: "delivered",
        TrackingStatus.RETURNED: "returned",
        TrackingStatus.CANCELED: "canceled",
    }.get(TrackingStatus(tracked), "lost")
    assert row(order).status == ended
    assert outbox.types()[-1] == f"shipment.{ended}.v1"
    again = browser.post(path, {**asked, "reason": "Once more"}, follow=True).content.decode()
    assert "cannot be recorded for a parcel" in again
