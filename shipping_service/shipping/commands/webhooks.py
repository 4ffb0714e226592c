"""Carriers' webhooks: store them, apply their content, delete old ones. `work.carrier_webhooks` processes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from chassis import statements
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.running import run_after_commit
from shipping import models
from shipping.commands import tracking
from shipping.domain.tracking import TrackingUpdate

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another run has some of the webhooks."""


def store_webhook(*, provider: str, event_id: str, body: str, now: datetime) -> None:
    """Store a verified webhook, which a worker processes. One that is known changes nothing."""
    webhook = models.CarrierWebhook(provider=provider, event_id=event_id, body=body, received_at=now, due_at=now)
    if statements.insert([webhook], ignore_conflicts=True):
        run_after_commit(models.CarrierWebhook, webhook.id)
    else:
        log.info("webhook_known", provider=provider, event_id=event_id)


@transactional
def apply_webhooks(
    *, webhooks: Mapping[models.CarrierWebhook, TrackingUpdate], now: datetime
) -> list[models.CarrierWebhook]:
    """Record the tracking events of the webhooks, and return those that cannot be recorded, or not yet.

    Raises LeaseLost.
    """
    refused = tracking.record_updates(updates=webhooks.values(), now=now)
    applied = [webhook for webhook, update in webhooks.items() if update not in refused]
    if leasing.finish_all(applied, now=now) != len(applied):
        raise LeaseLost
    return [webhook for webhook, update in webhooks.items() if update in refused]


@transactional
def apply_webhook(*, webhook: models.CarrierWebhook, update: TrackingUpdate, now: datetime) -> None:
    """Record the tracking events of the webhook, unless its lease was lost. Raises NotOurParcel, LabelNotRecorded."""
    if leasing.finish(webhook, now=now):
        names = {"reference": update.reference, "tracking_number": update.tracking_number}
        parcel = {name: value for name, value in names.items() if value}
        tracking.record_tracking(events=update.events, now=now, **parcel)


@transactional
def forget_webhooks(*, now: datetime) -> None:
    """Delete the webhooks that arrived long ago and do not wait to be processed."""
    long_ago = now - timedelta(days=settings.CARRIER_WEBHOOKS_KEPT_DAYS)
    forget(models.CarrierWebhook.objects.filter(received_at__lt=long_ago, due_at=None))
