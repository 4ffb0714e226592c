"""While instances are replaced one after the other, the previous version writes into the tables of this one."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from shipping import models, work
from tests.factories import create_message, make_calls, row

pytestmark = pytest.mark.django_db

FREE = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def before():
    """The models of the previous version."""
    return MigrationExecutor(connection).loader.project_state(("shipping", "0002_ends_of_parcels")).apps


@pytest.fixture
def order(deliver, courier):
    message = create_message()
    deliver("shipment.create.v1", message)
    return message


def test_the_previous_version_still_writes_what_it_knows(before, order, courier, outbox):
    now, shipment_id = timezone.now(), row(order).id
    before.get_model("shipping", "TrackingPoll").objects.create(shipment_id=shipment_id, due_at=now)
    before.get_model("shipping", "CarrierCall").objects.update(due_at=now, leased_until=FREE)
    before.get_model("shipping", "CarrierWebhook").objects.create(
        provider="sandbox", event_id="1", body="{}", received_at=now, due_at=now
    )
    make_calls()
    assert outbox.types() == ["shipment.created.v1"]
    work.process_webhook.run_due(now=timezone.now())
    assert models.CarrierWebhook.objects.get().attempts == 1


def test_rows_of_the_previous_version_are_converted(before, order, courier):
    now = timezone.now()
    calls = before.get_model("shipping", "CarrierCall").objects
    calls.update(state="succeeded", due_at=now, leased_until=FREE, finished_at=None)
    before.get_model("shipping", "TrackingPoll").objects.create(shipment_id=row(order).id, due_at=now)
    import_module("shipping.migrations.0004_free_leases_are_empty").convert(apps, None)
    call, poll = models.CarrierCall.objects.get(), models.TrackingPoll.objects.get()
    assert (call.due_at, call.finished_at, call.leased_until) == (None, now, None)
    assert (poll.due_at, poll.leased_until) == (now, None)
    import_module("shipping.migrations.0004_free_leases_are_empty").revert(apps, None)
    call.refresh_from_db()
    assert (call.due_at, call.leased_until) == (now, FREE)
