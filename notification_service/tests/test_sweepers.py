"""A row that a sweep cannot process does not delay the others."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DataError
from django.utils import timezone

from chassis.jobs.models import FailedRow
from notifications.commands import campaigns, deliveries, updates
from notifications.domain.notification_kind import Medium
from notifications.models import Campaign, Delivery, Notification, Update
from notifications.work import senders
from tests.commands.test_campaigns import a_campaign, a_reader, run

pytestmark = pytest.mark.django_db


def test_a_reader_who_cannot_be_mailed_keeps_nobody_from_a_campaign(monkeypatch):
    readers = sorted((a_reader() for _ in range(5)), key=lambda reader: reader.user_id)
    make = campaigns.notify

    def fails_for_one(kind, *, user_id, **given):
        if user_id == readers[2].user_id:
            raise DataError("value too long")
        return make(kind, user_id=user_id, **given)

    monkeypatch.setattr(campaigns, "notify", fails_for_one)
    campaign = a_campaign()
    campaigns.start_campaign(campaign_id=campaign.id, now=timezone.now())
    campaigns.advance_campaign(now=timezone.now())
    campaign.refresh_from_db()
    assert (campaign.status, campaign.recipients) == ("done", 4)
    reached = set(Notification.objects.values_list("user_id", flat=True))
    assert reached == {reader.user_id for reader in readers} - {readers[2].user_id}


def test_a_broken_campaign_stops_no_other(monkeypatch):
    a_reader()
    first, second = a_campaign(), a_campaign()
    for each in (first, second):
        campaigns.start_campaign(campaign_id=each.id, now=timezone.now())
    advance = campaigns._advance

    def fails_for_first(campaign_id, *, now):
        if campaign_id == first.id:
            raise ValueError("broken")
        return advance(campaign_id, now=now)

    monkeypatch.setattr(campaigns, "_advance", fails_for_first)
    assert campaigns.advance_campaign(now=timezone.now()) == 1
    assert Campaign.objects.get(id=second.id).status == "done"
    assert FailedRow.objects.get().key == str(first.id)


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_delivery_whose_outcome_no_column_takes_stops_no_other(mail_server, monkeypatch, broken):
    people = [a_reader() for _ in range(3)]
    run(a_campaign())
    settle = deliveries.settle_sent

    def fails_for_one(delivery, **given):
        if delivery.user_id == people[broken].user_id:
            raise DataError("value too long")
        settle(delivery, **given)

    monkeypatch.setattr(deliveries, "settle_sent", fails_for_one)
    assert senders.send_due(Medium.EMAIL) == 2
    put_off = Delivery.objects.get(user_id=people[broken].user_id)
    assert put_off.state == "pending"
    assert put_off.due_at > timezone.now(), "it waits behind the others"


def test_a_customer_whose_updates_cannot_be_released_keeps_nobody_waiting(monkeypatch):
    users = [uuid4() for _ in range(3)]
    long_ago = timezone.now() - timedelta(hours=1)
    for number, user_id in enumerate(users):
        at = long_ago + timedelta(minutes=number)
        Update.objects.create(
            user_id=user_id, source="s", type="t", data={}, order_id=uuid4(), step=2, at=at, received_at=at
        )
    locked = updates._locked_streams

    def fails_for_one(user_ids):
        if users[1] in user_ids:
            raise ValueError("broken")
        return locked(user_ids)

    monkeypatch.setattr(updates, "_locked_streams", fails_for_one)
    assert updates.release_held_updates(now=timezone.now()) == 2
    assert Update.objects.get(seq=None).user_id == users[1]
    assert updates.release_held_updates(now=timezone.now()) == 0
