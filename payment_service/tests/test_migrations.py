"""While instances are exchanged one after the other, the version before writes into the tables of this one."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import a_captured_order, refund, the_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def before():
    """The models as the version before knows them."""
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
