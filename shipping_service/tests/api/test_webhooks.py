"""Webhooks: only the carrier's are accepted, and a repeated one has no effect."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from shipping import models, providers
from shipping.domain.shipment_data import ShipmentStatus
from shipping.work import process_webhook
from tests.factories import create_message, make_calls, return_message, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(deliver, courier, outbox):
    """Return the unsent webhook about the pick-up of a parcel."""
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    courier.webhooks()
    courier.move(row(order).tracking_number)
    outbox.clear()
    return courier.webhooks()[0]


def process():
    process_webhook.run_due(now=timezone.now())


def test_it_is_answered_before_it_is_worked_on(courier, webhook, outbox):
    assert courier.tell(webhook) == 202
    assert outbox.types() == []
    process()
    assert outbox.types() == ["shipment.dispatched.v1"]


def test_the_same_webhook_many_times_counts_once(courier, webhook, outbox):
    for _ in range(3):
        assert courier.tell(webhook) == 202
        process()
    assert outbox.types() == ["shipment.dispatched.v1"]
    assert models.CarrierWebhook.objects.count() == 1


def test_the_same_event_under_another_webhook_id_counts_once(courier, webhook, outbox):
    for name in ("one", "two"):
        assert courier.tell({**webhook, "id": name}) == 202
        process()
    assert outbox.types() == ["shipment.dispatched.v1"]


def test_a_forged_webhook_is_refused(courier, webhook, outbox):
    assert courier.tell(webhook, secret="guessed") == 401
    process()
    assert outbox.types() == []
    assert not models.CarrierWebhook.objects.exists()


def test_a_changed_body_is_refused(courier, webhook):
    from sandbox.courier import journey

    signature = journey.signature(json.dumps(webhook).encode(), at=int(time.time()))
    forged = json.dumps({**webhook, "id": "other"}).encode()
    assert courier.post(forged, signature) == 401


@pytest.mark.parametrize("age", [-3600, -301, 310, 3600])
def test_a_replayed_or_postdated_webhook_is_refused(courier, webhook, age):
    assert courier.tell(webhook, at=time.time() + age) == 401


@pytest.mark.parametrize(
    "signature", ["", "t=,v1=", "t=x,v1=y", "v1=abc", "t=1", "t=99999999999999999999,v1=a", "t=²,v1=é", "=,=,="]
)
def test_a_signature_that_is_none_is_refused(courier, webhook, signature):
    assert courier.post(json.dumps(webhook).encode(), signature) == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"id": 1}', b"\xff\xfe", b'{"id": "", "data": {}}'])
def test_a_signed_body_that_cannot_be_read_is_a_clear_no(courier, body):
    from sandbox.courier import journey

    assert courier.post(body, journey.signature(body, at=int(time.time()))) == 422


@pytest.mark.parametrize("provider", ["pigeon", "sandbox", "SANDBOX", ""])
def test_only_the_carrier_in_use_is_listened_to(courier, webhook, outbox, settings, provider):
    from sandbox.courier import journey

    settings.CARRIER_PROVIDER = "parcels-inc"
    body = json.dumps(webhook).encode()
    assert courier.post(body, journey.signature(body, at=int(time.time())), provider=provider) == 404
    process()
    assert outbox.types() == []
    assert not models.CarrierWebhook.objects.exists()


def test_without_a_secret_nobody_is_trusted(courier, webhook, settings):
    providers.named.cache_clear()
    settings.COURIER_WEBHOOK_SECRET = ""
    body, now = json.dumps(webhook).encode(), int(time.time())
    signature = hmac.new(b"", f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    assert courier.post(body, f"t={now},v1={signature}") == 401


def test_news_of_another_parcel_under_our_reference_move_nothing(courier, webhook, outbox):
    webhook["data"]["tracking_number"] = "SP-somebody-elses"
    assert courier.tell(webhook) == 202
    process()
    assert outbox.types() == []
    assert models.Shipment.objects.get().status == ShipmentStatus.CREATED


def test_the_sender_of_a_return_cannot_say_that_it_was_received(deliver, courier, webhook, outbox, settings):
    """The sender knows the return's id, its tracking number, and the public secret of the repository."""
    courier.tell(webhook)
    process()
    order = models.Shipment.objects.get()
    back = return_message({"order_id": order.order_id, "customer_id": order.customer_id, "lines": order.lines})
    deliver("return_shipment.create.v1", back)
    make_calls()
    outbox.clear()
    webhook["data"] = {
        "tracking_number": models.Shipment.objects.get(direction="return").tracking_number,
        "reference": f"return-{back['return_id']}",
        "event": {**webhook["data"]["event"], "id": "forged", "status": "received"},
    }
    settings.COURIER_WEBHOOK_SECRET = "known-to-nobody"
    providers.named.cache_clear()
    assert courier.tell({**webhook, "id": "forged"}) == 401
    process()
    assert outbox.types() == []


def test_news_of_a_parcel_that_is_not_ours_are_kept_for_staff_and_given_up(courier, webhook, outbox):
    webhook["data"] |= {"reference": "order-of-another-shop", "tracking_number": "X"}
    assert courier.tell(webhook) == 202
    for _ in range(20):
        models.CarrierWebhook.objects.exclude(due_at=None).update(due_at=timezone.now())
        process()
    stored = models.CarrierWebhook.objects.get()
    assert (stored.attempts, stored.due_at, stored.finished_at) == (12, None, None)
    assert "reference" in stored.error
    assert outbox.types() == []


def test_a_word_that_we_do_not_know_moves_nothing(courier, webhook, outbox):
    webhook["data"]["event"]["status"] = "abducted"
    assert courier.tell(webhook) == 202
    process()
    assert outbox.types() == []
    assert models.Shipment.objects.get().status == ShipmentStatus.CREATED
    assert models.TrackingEvent.objects.filter(status="exception").count() == 1


def test_nul_characters_are_harmless(courier, webhook):
    webhook["data"]["event"] |= {"description": "a\0b", "location": "\0"}
    assert courier.tell(webhook) == 202
    process()
    assert models.TrackingEvent.objects.get(description="ab").location == ""


def test_a_webhook_that_always_fails_holds_up_no_other(courier, webhook, outbox):
    now = timezone.now()
    models.CarrierWebhook.objects.create(
        provider="gone", event_id="1", body="{}", received_at=now - timedelta(days=1), due_at=now - timedelta(days=1)
    )
    courier.tell(webhook)
    process()
    assert outbox.types() == ["shipment.dispatched.v1"]
    bad = models.CarrierWebhook.objects.get(provider="gone")
    assert bad.attempts == 1
    assert "gone" in bad.error
