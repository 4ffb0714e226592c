"""Promotional mails to those who agreed, a batch at a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.errors import DomainError, Kind
from chassis.transactions import transactional
from notifications.commands.notify import notify
from notifications.domain.catalogue import Category, Medium
from notifications.models import Campaign, Contact, Preference

BATCH = 100


class CampaignNotStartable(DomainError):
    """A campaign is sent once; make a new one."""

    code, kind = "campaign_not_startable", Kind.CONFLICT


@transactional
def start_campaign(*, campaign_id: UUID, now: datetime) -> None:
    """From now on a job makes the mails. Raises CampaignNotStartable."""
    drafts = Campaign.objects.filter(id=campaign_id, status=Campaign.Status.DRAFT)
    if not drafts.update(status=Campaign.Status.SENDING, started_at=now):
        raise CampaignNotStartable


@transactional
def stop_campaign(*, campaign_id: UUID, now: datetime) -> bool:
    """Make no more mails. What has been made goes out."""
    running = Campaign.objects.filter(id=campaign_id, status=Campaign.Status.SENDING)
    return bool(running.update(status=Campaign.Status.STOPPED, finished_at=now))


@transactional
def advance_campaign(*, now: datetime) -> int:
    """Make the next batch of mails of a running campaign; how many."""
    campaign = Campaign.objects.select_for_update().filter(status=Campaign.Status.SENDING).order_by("id").first()
    if campaign is None:
        return 0
    users = _next_readers(campaign)
    for user_id in users:
        facts = {
            "headline": campaign.headline,
            "paragraphs": [part.strip() for part in campaign.body.split("\n\n") if part.strip()],
            "button_label": campaign.button_label,
            "button_url": campaign.button_url,
        }
        notify("promotion", user_id=user_id, source=str(campaign.id), facts=facts, now=now)
    campaign.recipients += len(users)
    if users:
        campaign.cursor = users[-1]
    if len(users) < BATCH:
        campaign.status, campaign.finished_at = Campaign.Status.DONE, now
    campaign.save()
    return len(users)


def _next_readers(campaign: Campaign) -> list[UUID]:
    """Those who said yes and whose address is proven, by user id behind the cursor."""
    agreed = Preference.objects.filter(category=Category.PROMOTIONS, medium=Medium.EMAIL, enabled=True)
    readers = Contact.objects.filter(user_id__in=agreed.values("user_id"), email_verified=True, deleted_at=None)
    if campaign.cursor is not None:
        readers = readers.filter(user_id__gt=campaign.cursor)
    return list(readers.order_by("user_id").values_list("user_id", flat=True)[:BATCH])
