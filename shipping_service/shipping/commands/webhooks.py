"""Carriers' webhooks: store them, apply their content, delete old ones. `work.carrier_webhooks` processes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError

from chassis.jobs.retention import forget
from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.running import run_after_commit
from shipping import models
from shipping.commands.tracking import record_tracking
from shipping.domain.tracking import TrackingUpdate

log = structlog.get_logger(__name__)


def store_webhook(*, provider: str, event_id: str, body: str, now: datetime) -> None:
    """Store a verified webhook; it is processed after the commit. One that is known changes nothing."""
    try:
        _store(provider=provider, event_id=event_id, body=body, now=now)
    except IntegrityError:
        log.info("webhook_known", provider=provider, event_id=event_id)


@transactional
def _store(*, provider: str, event_id: str, body: str, now: datetime) -> None:
    webhook = models.CarrierWebhook.objects.create(
        provider=provider, event_id=event_id, body=body, received_at=now, due_at=now
    )
    run_after_commit(models.CarrierWebhook, webhook.id)


@transactional
def apply_webhook(*, webhook: models.CarrierWebhook, update: TrackingUpdate, now: datetime) -> None:
    """Record the tracking events of the webhook, unless its lease was lost. Raises NotOurParcel, LabelNotRecorded."""
    if leasing.finish(webhook, now=now):
        names = {"reference": update.reference, "tracking_number": update.tracking_number}
        record_tracking(events=update.events, now=now, **{name: value for name, value in names.items() if value})


@transactional
def forget_webhooks(*, now: datetime) -> None:
    """Delete the webhooks that arrived long ago and do not wait to be processed."""
    long_ago = now - timedelta(days=settings.CARRIER_WEBHOOKS_KEPT_DAYS)
    forget(models.CarrierWebhook.objects.filter(received_at__lt=long_ago, due_at=None))
