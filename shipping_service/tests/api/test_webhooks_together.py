"""Webhooks that wait together are processed in one transaction, with the same effect as one by one."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chassis.work import leasing
from shipping import commands, models, providers
from shipping.commands.webhooks import LeaseLost
from shipping.domain.shipment import Shipment
from shipping.domain.shipment_data import ShipmentStatus
from shipping.work import process_webhook
from tests.factories import create_message, make_calls, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcels(deliver, courier, outbox):
    """Return two parcels with labels, of which the courier has told nothing yet."""
    orders = [create_message() for _ in range(2)]
    for order in orders:
        deliver("shipment.create.v1", order)
    make_calls()
    courier.webhooks()
    outbox.clear()
    return [row(order) for order in orders]


@pytest.fixture
def alone(monkeypatch):
    """The webhooks that were processed by themselves."""
    seen = []
    apply = commands.apply_webhook
    monkeypatch.setattr(commands, "apply_webhook", lambda **given: (seen.append(given["webhook"]), apply(**given)))
    return seen


def process(courier, *webhooks):
    for webhook in webhooks:
        assert courier.tell(webhook) == 202
    process_webhook.run_due(now=timezone.now())


def news(courier, *parcels, steps):
    """Return the webhooks about the next steps of these parcels."""
    for parcel in parcels:
        courier.move(parcel.tracking_number, steps=steps)
    return courier.webhooks()


def told(outbox, parcel):
    return [one.type.split(".")[1] for one in outbox.envelopes() if one.subject == str(parcel.order_id)]


def test_many_facts_of_several_parcels_are_recorded_in_their_order(courier, parcels, outbox, alone):
    webhooks = news(courier, *parcels, steps=5)
    process(courier, *reversed(webhooks))
    for parcel in parcels:
        assert told(outbox, parcel) == ["dispatched", "progressed", "progressed", "progressed", "delivered"]
        parcel.refresh_from_db()
        assert parcel.status == ShipmentStatus.DELIVERED
    assert models.TrackingEvent.objects.count() == len(webhooks) == 10
    assert alone == []
    assert not models.CarrierWebhook.objects.filter(finished_at=None).exists()


def test_each_fact_keeps_the_journey_of_its_order(courier, parcels, outbox):
    process(courier, *news(courier, *parcels, steps=1))
    journeys = {(one.subject, one.correlationid) for one in outbox.envelopes()}
    assert journeys == {(str(parcel.order_id), parcel.correlation_id) for parcel in parcels}


def test_a_fact_that_comes_twice_in_a_batch_or_again_in_a_later_one_counts_once(courier, parcels, outbox):
    (webhook,) = news(courier, parcels[0], steps=1)
    process(courier, webhook, {**webhook, "id": "same event"})
    process(courier, {**webhook, "id": "same event again"})
    assert outbox.types() == ["shipment.dispatched.v1"]
    assert models.TrackingEvent.objects.count() == 1


def test_what_cannot_be_recorded_yet_delays_no_other(courier, parcels, outbox, alone):
    webhooks = news(courier, *parcels, steps=1)
    models.Shipment.objects.filter(id=parcels[0].id).update(tracking_number="", status=ShipmentStatus.REQUESTED)
    process(courier, *webhooks)
    assert told(outbox, parcels[0]) == []
    assert told(outbox, parcels[1]) == ["dispatched"]
    (waiting,) = models.CarrierWebhook.objects.filter(finished_at=None)
    assert ([webhook.id for webhook in alone], waiting.attempts, waiting.lease) == ([waiting.id], 1, None)
    models.Shipment.objects.filter(id=parcels[0].id).update(
        tracking_number=parcels[0].tracking_number, status=ShipmentStatus.CREATED
    )
    process_webhook.run_due(now=waiting.due_at)
    assert told(outbox, parcels[0]) == ["dispatched"]


def test_one_that_breaks_the_batch_is_put_off_and_the_others_are_processed(courier, parcels, outbox, monkeypatch):
    webhooks = news(courier, *parcels, steps=1)
    advance = Shipment.advance

    def breaks(shipment, event):
        if shipment.id == parcels[0].id:
            raise ValueError("broken")
        return advance(shipment, event)

    monkeypatch.setattr(Shipment, "advance", breaks)
    process(courier, *webhooks)
    assert told(outbox, parcels[0]) == []
    assert told(outbox, parcels[1]) == ["dispatched"]
    assert models.TrackingEvent.objects.count() == 1
    (waiting,) = models.CarrierWebhook.objects.filter(finished_at=None)
    assert "broken" in waiting.error


def test_a_parcel_that_is_named_by_its_tracking_number_alone_is_found(courier, parcels, outbox):
    (webhook,) = news(courier, parcels[0], steps=1)
    webhook["data"]["reference"] = ""
    process(courier, webhook)
    assert outbox.types() == ["shipment.dispatched.v1"]


def test_webhooks_whose_lease_was_lost_record_nothing(courier, parcels, outbox):
    for webhook in news(courier, *parcels, steps=1):
        courier.tell(webhook)
    rows = models.CarrierWebhook.objects.all()
    leased = leasing.lease_batch(rows, now=timezone.now(), lasting=process_webhook.lease, limit=9)
    models.CarrierWebhook.objects.filter(id=leased[0].id).update(lease=None, leased_until=None)
    updates = {one: providers.named("sandbox").update_of(one.body.encode()) for one in leased}
    with pytest.raises(LeaseLost):
        commands.apply_webhooks(webhooks=updates, now=timezone.now())
    assert outbox.types() == []
    assert not models.TrackingEvent.objects.exists()


def test_a_batch_of_many_webhooks_takes_few_statements(courier, parcels, django_assert_max_num_queries):
    for webhook in news(courier, *parcels, steps=5):
        courier.tell(webhook)
    with django_assert_max_num_queries(18):  # PostgreSQL: its time limits too, for each transaction
        process_webhook.run_due(now=timezone.now())
    assert models.TrackingEvent.objects.count() == 10


def test_storing_a_webhook_is_one_statement_and_so_is_a_known_one(courier, parcels, django_assert_num_queries):
    (webhook,) = news(courier, parcels[0], steps=1)
    for _ in range(2):
        with django_assert_num_queries(1):
            assert courier.tell(webhook) == 202
