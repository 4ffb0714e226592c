"""A row that a sweep cannot handle keeps none of its neighbors waiting."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from shipping import commands, models
from shipping.commands import carrier_calls, tracking, webhooks
from tests.factories import create_message

pytestmark = pytest.mark.django_db


def broken_for(row_id, work, done):
    """`work` that fails for one row and remembers the others."""

    def run(id_, *, now, **given):
        if id_ == row_id:
            raise ValueError("broken")
        done.append(id_)
        return work(id_, now=now, **given)

    return run


def test_a_broken_carrier_call_stops_no_other(deliver, settings, monkeypatch, courier):
    settings.CARRIER_THREADS = 0
    for _ in range(3):
        deliver("shipment.create.v1", create_message())
    calls = list(models.CarrierCall.objects.order_by("due_at").values_list("id", flat=True))
    done = []
    monkeypatch.setattr(carrier_calls, "run_call", broken_for(calls[1], carrier_calls.run_call, done))
    commands.run_due_calls(now=timezone.now() + timedelta(seconds=1))
    assert set(done) == {calls[0], calls[2]}
    assert FailedRow.objects.get().key == str(calls[1])
    done.clear()
    commands.run_due_calls(now=timezone.now() + timedelta(seconds=2))
    assert calls[1] not in done


def test_a_broken_parcel_stops_no_other_from_being_asked_for(deliver, settings, monkeypatch):
    settings.CARRIER_THREADS = 0
    for _ in range(3):
        deliver("shipment.create.v1", create_message())
    shipments = list(models.Shipment.objects.values_list("id", flat=True))
    for shipment_id in shipments:
        tracking.watch(shipment_id=shipment_id, now=timezone.now())
    done = []
    monkeypatch.setattr(tracking, "poll_shipment", broken_for(shipments[1], lambda id_, now: None, done))
    commands.poll_due(now=timezone.now() + timedelta(days=2))
    assert set(done) == {shipments[0], shipments[2]}
    assert FailedRow.objects.get().key == str(shipments[1])


def test_a_webhook_that_cannot_even_be_postponed_stops_no_other(monkeypatch):
    now = timezone.now()
    make = partial(models.CarrierWebhook.objects.create, provider="sandbox", body="{}", received_at=now)
    rows = [make(event_id=f"{uuid4()}", due_at=now - timedelta(minutes=5 - at)).id for at in range(3)]
    done = []
    monkeypatch.setattr(webhooks, "process_webhook", broken_for(rows[1], lambda id_, now: None, done))
    commands.process_due_webhooks(now=now)
    assert done == [rows[0], rows[2]]
    assert FailedRow.objects.get().key == str(rows[1])
