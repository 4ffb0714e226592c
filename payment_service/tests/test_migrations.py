"""While instances are replaced one after the other, the previous version writes into the tables of this one."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from payments.models import ProviderCall, WebhookEvent
from payments.work import provider_calls
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    due_calls,
    later,
    make_all_calls,
    process_all_webhooks,
    refund,
    the_payment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def before():
    """The models of the previous version."""
    return MigrationExecutor(connection).loader.project_state(("payments", "0001_initial")).apps


def test_the_version_before_still_writes_what_it_knows(before):
    now, payment = timezone.now(), the_payment(a_captured_order())
    before.get_model("payments", "Refund").objects.create(
        id=uuid4(), payment_id=payment.id, amount=5, currency="EUR", status="failed", created_at=now, updated_at=now
    )
    before.get_model("payments", "WebhookEvent").objects.create(
        provider="sandbox", event_id="evt_1", type="x", received_at=now, due_at=now
    )
    before.get_model("payments", "Mismatch").objects.create(
        provider="sandbox", provider_id="x", kind="captured", found_at=now, seen_at=now
    )


def test_a_refund_of_the_version_before_is_made_again(before, outbox):
    now, order_id, return_id = timezone.now(), a_captured_order(), uuid4()
    before.get_model("payments", "Refund").objects.create(
        id=return_id, payment_id=the_payment(order_id).id, amount=500, currency="EUR", status="failed", code="no",
        created_at=now, updated_at=now,
    )  # fmt: skip
    refund(order_id, return_id, 500)
    assert outbox.one("payment.refund_failed.v1")["code"] == "no"
    refund(order_id, return_id, 500, attempt=2)
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(return_id)


def ended_by_the_version_before():
    """It sets the status, keeps the due time of the call, and does not write `finished_at`."""
    an_authorized_order(payment_method="nonsense")
    ProviderCall.objects.update(finished_at=None, due_at=later(minutes=-5))


def test_a_call_that_the_version_before_has_ended_is_not_made_again(monkeypatch, outbox):
    ended_by_the_version_before()
    outbox.clear()
    monkeypatch.setattr(provider_calls, "call_provider", lambda *_: pytest.fail("called again"))
    make_all_calls()
    call = ProviderCall.objects.get()
    assert (call.status, bool(call.finished_at), outbox.types()) == ("refused", True, [])


def test_calls_that_ended_before_the_migration_are_finished():
    ended_by_the_version_before()
    an_authorized_order()
    ProviderCall.objects.filter(status="done").update(status="open", finished_at=None, due_at=later(minutes=-5))
    import_module("payments.migrations.0005_ended_calls_are_finished").finish_ended_calls(apps, None)
    ended = ProviderCall.objects.get(status="refused")
    assert (ended.finished_at, ended.due_at) == (ended.updated_at, None)
    assert due_calls(timezone.now()) == [ProviderCall.objects.get(status="open").id]


def test_a_webhook_of_the_version_before_is_processed(before):
    now = timezone.now()
    before.get_model("payments", "WebhookEvent").objects.create(
        provider="sandbox", event_id="evt_1", type="x", provider_id=the_payment(an_authorized_order()).provider_id,
        hint="authorized 0 0", received_at=now, due_at=now,
    )  # fmt: skip
    process_all_webhooks()
    assert WebhookEvent.objects.get().outcome == "nothing new"
