"""Repeated, late, reordered and unreadable messages, and messages with unknown fields."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    authorize_message,
    eur,
    make_all_calls,
    provider_totals,
)

from chassis.inbox.models import FailedMessage
from payments.models import Payment, ProviderCall

pytestmark = pytest.mark.django_db


def test_authorize_comes_twice(deliver, outbox):
    message = authorize_message(uuid4())
    assert deliver("payment.authorize.v1", message, times=2) == ["done", "duplicate"]
    deliver("payment.authorize.v1", message)  # the same command in a new message
    make_all_calls()
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999
    deliver("payment.authorize.v1", message)
    assert outbox.types() == ["payment.authorized.v1"] * 2
    assert ProviderCall.objects.count() == 1


def test_capture_comes_twice(deliver, outbox):
    order_id = an_authorized_order()
    deliver("payment.capture.v1", {"order_id": order_id}, times=2)
    make_all_calls()
    deliver("payment.capture.v1", {"order_id": order_id})
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1", "payment.captured.v1"]
    assert provider_totals()["captures"] == 1999


def test_void_comes_twice(deliver, outbox):
    order_id = a_captured_order()
    deliver("payment.void.v1", {"order_id": order_id}, times=2)
    make_all_calls()
    deliver("payment.void.v1", {"order_id": order_id})
    assert outbox.types()[2:] == ["payment.refunded.v1", "payment.voided.v1"] * 2
    assert provider_totals()["refunds"] == 1999


def test_refund_comes_twice(deliver, outbox):
    order_id = a_captured_order()
    message = {"order_id": order_id, "refund_id": uuid4(), "amount": eur(5), "reason": "return"}
    deliver("payment.refund.v1", message, times=2)
    deliver("payment.refund.v1", message)
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["refunded_total"]["amount"] == 5
    assert provider_totals()["refunds"] == 5


def test_a_void_that_overtakes_its_authorize_closes_the_order(deliver, outbox):
    order_id = uuid4()
    deliver("payment.void.v1", {"order_id": order_id})
    deliver("payment.authorize.v1", authorize_message(order_id))
    make_all_calls()
    assert outbox.types() == ["payment.voided.v1"] * 2
    assert (Payment.objects.count(), provider_totals()["authorizations"]) == (0, 0)


def test_an_authorize_that_comes_after_its_time_charges_nobody(deliver, outbox):
    late = timezone.now() - timedelta(minutes=1)
    deliver("payment.authorize.v1", authorize_message(uuid4(), expires_at=late))
    make_all_calls()
    assert outbox.one("payment.declined.v1")["code"] == "expired"
    assert provider_totals()["authorizations"] == 0


def test_unknown_fields_are_ignored(deliver, outbox):
    message = {**authorize_message(uuid4()), "color": "blue"}
    assert deliver("payment.authorize.v1", message) == ["done"]


@pytest.mark.parametrize(
    "type_", ["payment.authorize.v1", "payment.capture.v1", "payment.void.v1", "payment.refund.v1"]
)
def test_an_unreadable_message_is_kept_for_staff_and_does_nothing(deliver, outbox, type_):
    assert deliver(type_, {"order_id": "no uuid"}) == ["failed"]
    assert FailedMessage.objects.get().type == type_
    assert (outbox.types(), Payment.objects.count()) == ([], 0)


@pytest.mark.parametrize("method", ["", "\0", "x" * 300])
def test_an_unusable_payment_method_is_declined(deliver, outbox, method):
    deliver("payment.authorize.v1", authorize_message(uuid4(), payment_method=method))
    assert outbox.one("payment.declined.v1")["code"] == "invalid_payment"
