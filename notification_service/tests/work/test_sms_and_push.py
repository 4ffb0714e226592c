"""SMS and push: gateways, devices, quiet hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.factories import a_contact, a_device, delivered, dispatched
from tests.mails import later

from chassis.jobs.clock import correct_due_times
from notifications.commands import deliveries
from notifications.domain.delivery import SENDING_LEASE
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery, Device
from notifications.providers import fcm
from notifications.work import senders

pytestmark = pytest.mark.django_db


def test_sms_and_push_go_to_their_gateways(deliver, customer_id, gateway, api):
    a_contact(customer_id, phone="+491701234567")
    a_device(customer_id, "token-one-1")
    chosen = {"choices": [{"category": "orders", "medium": "sms", "enabled": True}]}
    api().put("/api/v1/notification-preferences/", chosen)
    deliver("order.dispatched.v1", dispatched(customer_id))
    assert (senders.send_due(Medium.SMS), senders.send_due(Medium.PUSH)) == (1, 1)
    sms, push = gateway.taken
    assert (sms["path"], sms["to"]) == ("/mailbox/sms/", "+491701234567")
    assert "Falcon Post: FP3810" in sms["text"]
    assert (push["path"], push["to"], push["title"]) == (
        "/mailbox/push/",
        "token-one-1",
        "Order S-2026-004711 is on its way",
    )


def test_two_devices_get_one_push_each_and_no_sent_message_keeps_a_token(deliver, customer_id, gateway):
    a_contact(customer_id)
    tokens = ("push-token-0001", "push-token-0002")
    for token in tokens:
        a_device(customer_id, token)
    deliver("order.dispatched.v1", dispatched(customer_id))
    assert senders.send_due(Medium.PUSH) == 2
    pushed = Delivery.objects.filter(medium="push")
    assert [each.state for each in pushed] == ["sent", "sent"]
    assert not pushed.filter(target__in=tokens).exists()


def test_a_push_to_an_app_that_is_gone_forgets_the_device(deliver, customer_id, gateway):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    gateway.status = 410
    assert senders.send_due(Medium.PUSH) == 0
    assert not Device.objects.exists()
    assert Delivery.objects.get(medium="push").state == "refused"


def test_push_waits_while_its_gateway_is_away_and_the_mail_goes(deliver, customer_id, gateway, mail_server):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    gateway.status = 503
    assert (senders.send_due(Medium.PUSH), senders.send_due(Medium.EMAIL)) == (0, 1)
    gateway.status = 202
    later(60)
    assert senders.send_due(Medium.PUSH) == 1


def test_at_night_push_waits_until_the_morning(deliver, customer_id, gateway, api):
    a_contact(customer_id)
    a_device(customer_id)
    now = timezone.now()
    quiet = {"start": f"{now:%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}", "time_zone": "UTC"}
    assert api().put("/api/v1/notification-preferences/", {"quiet_hours": quiet}).status_code == 200
    deliver("order.delivered.v1", delivered(customer_id))
    assert senders.send_due(Medium.PUSH) == 0
    later(2 * 3600 + 60)
    assert senders.send_due(Medium.PUSH) == 1


def test_quiet_hours_are_no_clock_that_was_ahead(deliver, customer_id, gateway, api):
    """The job that corrects due times keeps a first attempt that waits for the morning, but no such late retry."""
    a_contact(customer_id)
    a_device(customer_id)
    now = timezone.now()
    quiet = {"start": f"{now:%H:%M}", "end": f"{now + timedelta(hours=8):%H:%M}", "time_zone": "UTC"}
    api().put("/api/v1/notification-preferences/", {"quiet_hours": quiet})
    deliver("order.delivered.v1", delivered(customer_id))
    correct_due_times(now=timezone.now())
    assert senders.send_due(Medium.PUSH) == 0
    Delivery.objects.update(attempts=1)
    correct_due_times(now=timezone.now())
    assert senders.send_due(Medium.PUSH) == 1


def test_a_leased_delivery_that_the_customer_no_longer_wants_is_not_sent(deliver, customer_id, gateway, api):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    (row,) = deliveries.lease_deliveries(medium="push", now=timezone.now())
    api().put(
        "/api/v1/notification-preferences/",
        {"choices": [{"category": "orders", "medium": "push", "enabled": False}]},
    )
    assert not deliveries.mark_sending(row, target=row.target, now=timezone.now())
    assert Delivery.objects.get(medium="push").state == "dropped"


def test_no_conversation_with_firebase_outlives_the_lease_of_its_delivery():
    """Otherwise another sender would start the same delivery."""
    asked = 1 + 1 + 4  # once, once more after silence, four times after a 5xx: google's own retries
    assert timedelta(seconds=asked * fcm.OPTIONS["httpTimeout"]) < SENDING_LEASE
