"""A campaign reaches all subscribers, once, after all transactional mail."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import a_contact

from notifications.commands import campaigns
from notifications.commands.campaigns import CampaignNotStartable
from notifications.commands.preferences import unsubscribe
from notifications.domain.notification_kind import Category, Medium
from notifications.models import Campaign, Delivery, Preference
from notifications.work import senders

pytestmark = pytest.mark.django_db


def a_campaign(**given) -> Campaign:
    values = {"headline": "Spring is here", "body": "New teas.\n\nTry them.", "button_url": "https://souk.example/teas"}
    return Campaign.objects.create(**{**values, **given})


def a_reader(*, agreed: bool = True, **given):
    contact = a_contact(email=f"{uuid4().hex}@example.com", **given)
    values = {"category": Category.PROMOTIONS, "medium": Medium.EMAIL, "updated_at": timezone.now()}
    Preference.objects.create(user_id=contact.user_id, enabled=agreed, **values)
    return contact


def run(campaign: Campaign) -> None:
    campaigns.start_campaign(campaign_id=campaign.id, now=timezone.now())
    while campaigns.advance_campaign(now=timezone.now()):
        pass
    campaign.refresh_from_db()


def test_only_those_who_agreed_and_whose_address_is_proven_get_it(mail_server):
    reader = a_reader()
    a_reader(agreed=False)
    a_reader(email_verified=False)
    a_contact()
    campaign = a_campaign()
    run(campaign)
    assert (campaign.status, campaign.recipients) == ("done", 1)
    assert senders.send_due(Medium.EMAIL) == 1
    (mail,) = mail_server.mails
    assert reader.email in mail["To"]
    assert (mail["Subject"], mail["List-Unsubscribe-Post"]) == ("Spring is here", "List-Unsubscribe=One-Click")
    assert "unsubscribe/?token=" in mail["List-Unsubscribe"]
    assert "Unsubscribe from offers" in mail.get_body(("html",)).get_content()


def test_many_readers_are_taken_in_batches_each_once(monkeypatch):
    monkeypatch.setattr(campaigns, "BATCH", 2)
    for _ in range(5):
        a_reader()
    campaign = a_campaign()
    run(campaign)
    assert (campaign.recipients, Delivery.objects.count()) == (5, 5)
    assert set(Delivery.objects.values_list("promotional", flat=True)) == {True}


def test_a_campaign_is_sent_once():
    campaign = a_campaign()
    run(campaign)
    with pytest.raises(CampaignNotStartable):
        campaigns.start_campaign(campaign_id=campaign.id, now=timezone.now())


def test_an_unsubscription_stops_waiting_mails(mail_server):
    reader = a_reader()
    run(a_campaign())
    unsubscribe(user_id=reader.user_id, category=Category.PROMOTIONS, now=timezone.now())
    assert senders.send_due(Medium.EMAIL) == 0
    assert Delivery.objects.get().state == "dropped"


def test_a_stopped_campaign_makes_no_more_mails(monkeypatch):
    monkeypatch.setattr(campaigns, "BATCH", 1)
    a_reader(), a_reader()
    campaign = a_campaign()
    campaigns.start_campaign(campaign_id=campaign.id, now=timezone.now())
    campaigns.advance_campaign(now=timezone.now())
    assert campaigns.stop_campaign(campaign_id=campaign.id, now=timezone.now())
    assert campaigns.advance_campaign(now=timezone.now()) == 0
    assert Delivery.objects.count() == 1


def test_staff_send_it_from_the_admin_and_it_cannot_be_changed_afterwards(staff):
    campaign, browser = a_campaign(), staff()
    listing = "/admin/notifications/notifications/campaign/"
    chosen = {"action": "send", "_selected_action": [str(campaign.id)]}
    assert browser.post(listing, chosen).status_code == 302
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    browser.post(f"{listing}{campaign.id}/change/", {"headline": "Other"})
    campaign.refresh_from_db()
    assert campaign.headline == "Spring is here"


def test_support_may_look_but_not_send(staff):
    browser = staff(superuser=False, groups=["support"])
    assert browser.get("/admin/notifications/notifications/delivery/").status_code == 200
    assert browser.get("/admin/notifications/notifications/campaign/").status_code == 403
