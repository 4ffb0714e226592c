"""A deleted account: the ledger keeps amounts and ids, and no text about the person."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    authorize_message,
    refund,
    request_refund,
    the_payment,
)

from chassis.outbox.models import OutboxMessage
from chassis.privacy.erasures import erase_due
from payments.models import PaymentEvent, Refund
from testkit.traces import traces_of

pytestmark = pytest.mark.django_db
TEXT = "the bag of Amina"


@pytest.fixture
def deleted(deliver, customer_id):
    return lambda: deliver("user.deleted.v1", {"user_id": customer_id})


def test_a_settled_payment_keeps_its_money_and_no_text(customer_id, deleted, outbox):
    order_id = a_captured_order(customer_id=customer_id)
    refund(order_id, uuid4(), 100, reason=TEXT)
    OutboxMessage.objects.update(sent_at=timezone.now())
    assert traces_of([TEXT])
    deleted()
    erase_due(now=timezone.now())
    assert traces_of([TEXT]) == set()
    payment = the_payment(order_id)
    assert (payment.captured_amount, payment.refunded_amount, payment.customer_id) == (1999, 100, customer_id)
    assert payment.provider_id
    assert PaymentEvent.objects.count() >= 3
    assert outbox.one("erasure.report.v1")["erased_at"]


def test_money_that_is_under_way_is_waited_for(customer_id, deleted, outbox):
    an_authorized_order(customer_id=customer_id)
    order_id = a_captured_order(customer_id=customer_id)
    request_refund(order_id, uuid4(), 100, reason=TEXT)
    deleted()
    erase_due(now=timezone.now())
    assert "2 payments" in outbox.one("erasure.report.v1")["waits_for"]
    assert Refund.objects.get().reason == TEXT


def test_a_payment_that_is_asked_for_after_the_erasure_is_erased_as_well(customer_id, deleted, deliver, outbox):
    deleted()
    erase_due(now=timezone.now())
    order_id = uuid4()
    deliver("payment.authorize.v1", authorize_message(order_id, customer_id=customer_id))
    erase_due(now=timezone.now() + timedelta(seconds=1))
    assert outbox.data("erasure.report.v1")[-1]["waits_for"]


def test_payments_of_others_stay_as_they_are(customer_id, deleted):
    order_id = a_captured_order()
    refund(order_id, uuid4(), 100, reason=TEXT)
    deleted()
    erase_due(now=timezone.now())
    assert Refund.objects.get().reason == TEXT


def test_the_copy_of_the_data_holds_payments_of_this_customer_only(customer_id, deliver, outbox):
    mine = a_captured_order(customer_id=customer_id)
    a_captured_order()
    deliver("personal_data.export_requested.v1", {"export_id": uuid4(), "user_id": customer_id})
    document = json.loads(outbox.one("export.contribute.v1")["document"])
    assert [one["order_id"] for one in document["payments"]] == [str(mine)]
    assert "method" not in document["payments"][0]
