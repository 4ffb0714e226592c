"""An opt-out also applies to pending deliveries."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import a_contact, a_device, confirmed, dispatched

from notifications.commands.campaigns import advance_campaign, start_campaign
from notifications.commands.preferences import unsubscribe
from notifications.domain.notification_kind import Category, Medium
from notifications.models import Campaign, Delivery, Preference
from notifications.work import senders

pytestmark = pytest.mark.django_db
URL = "/api/v1/notification-preferences/"


def chosen(category: str, medium: str, enabled: bool) -> dict:
    return {"choices": [{"category": category, "medium": medium, "enabled": enabled}]}


@pytest.fixture
def a_promotion(customer_id, api):
    """Return a promotion that waits to be sent."""
    a_contact(customer_id)
    api().put(URL, chosen("promotions", "email", True))
    campaign = Campaign.objects.create(headline="Tea week", body="All teas.", button_url="https://shop.example/tea")
    start_campaign(campaign_id=campaign.id, now=timezone.now())
    advance_campaign(now=timezone.now())
    return Delivery.objects.get()


def test_a_no_to_offers_stops_what_is_queued(a_promotion, api, mail_server):
    api().put(URL, chosen("promotions", "email", False))
    assert Delivery.objects.get().state == "dropped"
    assert senders.send_due(Medium.EMAIL) == 0
    assert mail_server.mails == []


def test_so_does_the_unsubscribe_link_and_it_is_heard_after_it_was_queued_anew(a_promotion, customer_id, mail_server):
    unsubscribe(user_id=customer_id, category=Category.PROMOTIONS, now=timezone.now())
    # As made by a batch that did not know the choice yet.
    Delivery.objects.update(state="pending", due_at=timezone.now(), finished_at=None)
    assert senders.send_due(Medium.EMAIL) == 0
    assert Delivery.objects.get().state == "dropped"
    assert mail_server.mails == []


@pytest.mark.parametrize("medium", ["sms", "push"])
def test_a_no_to_a_medium_stops_it_alone(medium, deliver, customer_id, api, gateway, mail_server):
    a_contact(customer_id, phone="+491701234567")
    a_device(customer_id)
    api().put(URL, chosen("orders", "sms", True))
    deliver("order.dispatched.v1", dispatched(customer_id))
    api().put(URL, chosen("orders", medium, False))
    states = dict(Delivery.objects.values_list("medium", "state"))
    assert states == {"email": "pending", "sms": "pending", "push": "pending", medium: "dropped"}
    assert [senders.send_due(each) for each in Medium] == [1, int(medium != "sms"), int(medium != "push")]


def test_nothing_is_pushed_to_a_device_that_was_removed_meanwhile(deliver, customer_id, api, gateway):
    a_contact(customer_id)
    device = a_device(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    api().delete(f"/api/v1/devices/{device.id}/")
    assert senders.send_due(Medium.PUSH) == 0
    assert gateway.taken == []
    assert Delivery.objects.get(medium="push").state == "dropped"


def test_a_no_of_somebody_else_stops_nothing(a_promotion, mail_server):
    now = timezone.now()
    unsubscribe(user_id=uuid4(), category=Category.PROMOTIONS, now=now)
    assert senders.send_due(Medium.EMAIL) == 1


def test_a_yes_that_is_older_than_the_mail_lets_it_go(a_promotion, mail_server):
    assert Preference.objects.get().enabled
    assert senders.send_due(Medium.EMAIL) == 1
    assert mail_server.subjects() == ["Tea week"]
