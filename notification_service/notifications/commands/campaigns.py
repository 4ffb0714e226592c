"""Campaigns: promotional mails to subscribers, created in batches."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db.models import F

from chassis.core.errors import DomainError, Kind
from chassis.jobs.sweeps import attempt, sweep
from chassis.transactions import transactional
from notifications.commands.notifications import notify
from notifications.domain.notification_kind import Category, Medium
from notifications.models import Campaign, Contact, Preference

log = structlog.get_logger(__name__)

BATCH = 100
_JOB = "job.advance_campaigns"


class CampaignNotStartable(DomainError):
    """A campaign is sent once; create a new one."""

    code, kind = "campaign_not_startable", Kind.CONFLICT


@transactional
def start_campaign(*, campaign_id: UUID, now: datetime) -> None:
    """Start a campaign; a job creates its mails. Raises CampaignNotStartable."""
    drafts = Campaign.objects.filter(id=campaign_id, status=Campaign.Status.DRAFT)
    if not drafts.update(status=Campaign.Status.SENDING, started_at=now):
        raise CampaignNotStartable


@transactional
def stop_campaign(*, campaign_id: UUID, now: datetime) -> bool:
    """Stop creating mails; those created are sent. Return False if the campaign is not running."""
    running = Campaign.objects.filter(id=campaign_id, status=Campaign.Status.SENDING)
    return bool(running.update(status=Campaign.Status.STOPPED, finished_at=now))


def advance_campaign(*, now: datetime) -> int:
    """Create the next batch of mails of each running campaign; return the number of readers processed."""
    running = Campaign.objects.filter(status=Campaign.Status.SENDING).order_by("id")
    readers: list[int] = []
    sweep(
        _JOB,
        due=lambda waiting: list(running.exclude(id__in=waiting).values_list("id", flat=True)),
        work=lambda campaign_id: readers.append(_advance(campaign_id, now=now)),
        now=now,
    )
    return sum(readers)


def _advance(campaign_id: UUID, *, now: datetime) -> int:
    campaign = Campaign.objects.get(id=campaign_id)
    users = _next_readers(campaign)
    try:
        _mail_all(campaign, users, now=now)
    except Exception:  # of one reader; the others get theirs, each in its own transaction
        log.exception("campaign_batch_failed", campaign=str(campaign_id))
        reached = sum(attempt(_JOB, user_id, partial(_mail, campaign, now=now), noted=False) for user_id in users)
        _move_on(campaign, users, reached=reached, now=now)
    return len(users)


@transactional
def _mail_all(campaign: Campaign, users: list[UUID], *, now: datetime) -> None:
    if _move_on(campaign, users, reached=len(users), now=now):
        for user_id in users:
            _mail(campaign, user_id, now=now)


@transactional
def _move_on(campaign: Campaign, users: list[UUID], *, reached: int, now: datetime) -> bool:
    """Advance the cursor; return False if the campaign was stopped, or another worker created this batch."""
    same = Campaign.objects.filter(id=campaign.id, status=Campaign.Status.SENDING, cursor=campaign.cursor)
    values: dict[str, object] = {"recipients": F("recipients") + reached}
    if users:
        values["cursor"] = users[-1]
    if len(users) < BATCH:
        values |= {"status": Campaign.Status.DONE, "finished_at": now}
    return bool(same.update(**values))


def _mail(campaign: Campaign, user_id: UUID, *, now: datetime) -> None:
    facts = {
        "headline": campaign.headline,
        "paragraphs": [part.strip() for part in campaign.body.split("\n\n") if part.strip()],
        "button_label": campaign.button_label,
        "button_url": campaign.button_url,
    }
    notify("promotion", user_id=user_id, source=str(campaign.id), facts=facts, now=now)


def _next_readers(campaign: Campaign) -> list[UUID]:
    """Return the next subscribers with a verified address, by user id after the cursor."""
    agreed = Preference.objects.filter(category=Category.PROMOTIONS, medium=Medium.EMAIL, enabled=True)
    readers = Contact.objects.filter(user_id__in=agreed.values("user_id"), email_verified=True, deleted_at=None)
    if campaign.cursor is not None:
        readers = readers.filter(user_id__gt=campaign.cursor)
    return list(readers.order_by("user_id").values_list("user_id", flat=True)[:BATCH])
