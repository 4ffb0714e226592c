"""Tracking events by webhook and by poll: each counts once, and the parcel only moves forward."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shipping import commands, models, work
from shipping.domain.shipment_data import ShipmentStatus
from tests.factories import create_message, make_calls, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(deliver, courier, outbox):
    message = create_message()
    deliver("shipment.create.v1", message)
    make_calls()
    outbox.clear()
    return message


WHOLE_STORY = [
    "shipment.dispatched.v1",
    "shipment.progressed.v1",
    "shipment.progressed.v1",
    "shipment.progressed.v1",
    "shipment.delivered.v1",
]


def poll(*, minutes_later=60):
    work.poll_carrier.run_due(now=timezone.now() + timedelta(minutes=minutes_later))


def test_webhooks_bring_a_parcel_home(order, courier, outbox):
    for _ in range(9):
        courier.tell_all()
        courier.move(row(order).tracking_number)
    assert outbox.types() == WHOLE_STORY
    assert row(order).status == ShipmentStatus.DELIVERED


def test_without_any_webhook_polling_brings_it_home(order, courier, outbox):
    courier.move(row(order).tracking_number, steps=9)
    poll()
    assert outbox.types() == WHOLE_STORY
    assert row(order).timeline.count() == 6


def test_a_delivered_parcel_is_no_longer_polled(order, courier):
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    courier.fail("down", count=None)
    poll()
    assert not models.TrackingPoll.objects.exists()


def test_an_event_from_a_poll_and_a_webhook_counts_once(order, courier, outbox):
    courier.move(row(order).tracking_number, steps=9)
    poll()
    courier.tell_all()
    assert outbox.types() == WHOLE_STORY
    assert row(order).timeline.count() == 6


def test_reversed_webhooks_end_in_the_same_state_with_the_whole_timeline(order, courier, outbox):
    courier.move(row(order).tracking_number, steps=9)
    for webhook in reversed(courier.webhooks()):
        courier.tell(webhook)
        work.process_webhook.run_due(now=timezone.now())
    assert outbox.types() == ["shipment.dispatched.v1", "shipment.delivered.v1"]
    statuses = [event.status for event in row(order).timeline.all()]
    assert statuses[0] == "label_created"
    assert statuses[-1] == "delivered"


def test_a_webhook_that_is_quicker_than_our_own_record_waits_for_it(courier, outbox, deliver):
    order = create_message()
    deliver("shipment.create.v1", order)
    courier.fail("timeout_after")
    make_calls()
    courier.move(courier.books()["shipments"][0]["tracking_number"])
    courier.tell_all()
    assert outbox.types() == []
    make_calls(minutes_later=10)
    work.process_webhook.run_due(now=timezone.now() + timedelta(minutes=10))
    assert outbox.types() == ["shipment.created.v1", "shipment.dispatched.v1"]


def test_news_postpone_the_next_poll(order, courier, settings):
    courier.move(row(order).tracking_number)
    courier.tell_all()
    heard_at = row(order).updated_at
    courier.fail("down", count=None)
    work.poll_carrier.run_due(now=heard_at + timedelta(seconds=59))
    models.TrackingPoll.objects.update(due_at=heard_at)
    work.poll_carrier.run_due(now=heard_at + timedelta(seconds=59))
    after = models.TrackingPoll.objects.get()
    assert (after.due_at, after.error) == (heard_at + timedelta(seconds=60), "")


def test_polls_without_news_grow_rarer(order, courier, settings):
    poll(minutes_later=60)  # the label
    first = models.TrackingPoll.objects.get()
    work.poll_carrier.run_due(now=first.due_at)
    second = models.TrackingPoll.objects.get()
    work.poll_carrier.run_due(now=second.due_at)
    third = models.TrackingPoll.objects.get()
    assert (second.quiet, third.quiet) == (1, 2)
    assert third.due_at - second.due_at == 2 * (second.due_at - first.due_at)


def test_a_carrier_that_is_away_is_polled_later(order, courier, outbox):
    courier.fail("down", count=None)
    poll()
    assert "503" in models.TrackingPoll.objects.get().error
    courier.fail("none")
    courier.move(row(order).tracking_number, steps=9)
    poll(minutes_later=600)
    assert outbox.types() == WHOLE_STORY


def test_a_parcel_for_nobody_comes_back_to_us(courier, outbox, deliver):
    order = create_message()
    order["address"] = {**order["address"], "name": "Nobody Home"}
    deliver("shipment.create.v1", order)
    make_calls()
    courier.move(row(order).tracking_number, steps=9)
    courier.tell_all()
    assert row(order).status == ShipmentStatus.RETURNED
    assert [data["status"] for data in outbox.data("shipment.progressed.v1")][-1] == "returned"
    assert outbox.one("shipment.returned.v1")["reason"] == "The parcel goes back to its sender."
    assert outbox.data("shipment.delivered.v1") == []


def test_old_webhooks_are_forgotten(order, courier):
    courier.tell_all()
    commands.forget_webhooks(now=timezone.now())
    assert models.CarrierWebhook.objects.exists()
    commands.forget_webhooks(now=timezone.now() + timedelta(days=91))
    assert not models.CarrierWebhook.objects.exists()
