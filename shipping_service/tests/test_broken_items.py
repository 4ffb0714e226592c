"""An item that cannot be done does not delay the others."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from shipping import models, work
from shipping.commands import tracking
from shipping.work import carrier_calls, tracking_polls
from tests.factories import create_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_the_job(settings):
    settings.CARRIER_THREADS = 0


def broken_for(broken, key_of, do, done):
    """Return `do`, changed so that it fails for one item and remembers the others."""

    def run(*args, **given):
        key = key_of(*args, **given)
        if key == broken:
            raise ValueError("broken")
        done.append(key)
        return do(*args, **given)

    return run


def test_a_broken_carrier_call_stops_no_other(deliver, monkeypatch, courier):
    for _ in range(3):
        deliver("shipment.create.v1", create_message())
    calls = list(models.CarrierCall.objects.order_by("due_at").values_list("id", flat=True))
    done = []
    broken = broken_for(calls[1], lambda call, now: call.id, carrier_calls._call_carrier, done)
    monkeypatch.setattr(carrier_calls, "_call_carrier", broken)
    work.make_call.run_due(now=timezone.now() + timedelta(seconds=1))
    assert set(done) == {calls[0], calls[2]}
    assert FailedRow.objects.get().key == str(calls[1])
    done.clear()
    work.make_call.run_due(now=timezone.now() + timedelta(seconds=2))
    assert calls[1] not in done
    assert "broken" in models.CarrierCall.objects.get(id=calls[1]).error


def test_a_broken_parcel_stops_no_other_from_being_asked_for(deliver, monkeypatch):
    for _ in range(3):
        deliver("shipment.create.v1", create_message())
    shipments = list(models.Shipment.objects.values_list("id", flat=True))
    for shipment_id in shipments:
        tracking.start_polling(shipment_id=shipment_id, now=timezone.now())
    done = []
    broken = broken_for(shipments[1], lambda poll, now: poll.shipment_id, lambda poll, now: None, done)
    monkeypatch.setattr(tracking_polls, "_poll", broken)
    work.poll_carrier.run_due(now=timezone.now() + timedelta(days=2))
    assert set(done) == {shipments[0], shipments[2]}
    assert FailedRow.objects.get().key == str(shipments[1])


def test_a_webhook_that_cannot_even_be_postponed_stops_no_other(monkeypatch):
    now = timezone.now()
    make = partial(models.CarrierWebhook.objects.create, provider="sandbox", body="{}", received_at=now)
    rows = [make(event_id=f"{uuid4()}", due_at=now - timedelta(minutes=5 - at)).id for at in range(3)]
    done = []

    def postponed(webhook, **_):
        if webhook.pk == rows[1]:
            raise ValueError("broken")
        done.append(webhook.pk)

    monkeypatch.setattr("chassis.work.leasing.try_later", postponed)
    work.process_webhook.run_due(now=now)
    assert done == [rows[0], rows[2]]
    assert FailedRow.objects.get().key == str(rows[1])
    done.clear()
    work.process_webhook.run_due(now=now + timedelta(seconds=30))
    assert done == [], "each waits for the end of its lease"
