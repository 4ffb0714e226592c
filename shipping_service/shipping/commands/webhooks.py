"""Carriers' webhooks: verify, store, answer; the work comes afterwards, at once or by the job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError

from chassis.core.errors import DomainError
from chassis.jobs.retention import forget
from chassis.jobs.sweeps import sweep
from chassis.transactions import after_commit, transactional
from shipping import models, providers
from shipping.commands.background import run_soon
from shipping.commands.tracking import record_news
from shipping.domain.carrier_call import pause_after
from shipping.providers.port import CarrierNews

log = structlog.get_logger(__name__)

#: About half an hour; then it is about no parcel of ours, and staff can see it.
ATTEMPTS = 12


def accept_webhook(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises WebhookNotTrusted, WebhookNotReadable. One that we have is accepted again, without effect."""
    news = providers.named(provider).read_webhook(headers, body, now=now)
    try:
        _store(provider=provider, news=news, body=body.decode(), now=now)
    except IntegrityError:
        log.info("webhook_known", provider=provider, event_id=news.id)


@transactional
def _store(*, provider: str, news: CarrierNews, body: str, now: datetime) -> None:
    webhook = models.CarrierWebhook.objects.create(
        provider=provider, event_id=news.id, body=body, received_at=now, due_at=now
    )
    after_commit(lambda: run_soon(process_webhook, webhook.id, news=news))


def process_due_webhooks(*, now: datetime, limit: int = 50) -> None:
    webhooks = models.CarrierWebhook.objects.filter(due_at__lte=now).order_by("due_at")
    sweep(
        "job.process_due_webhooks",
        due=lambda waiting: list(webhooks.exclude(id__in=waiting).values_list("id", flat=True)[:limit]),
        work=lambda webhook_id: process_webhook(webhook_id, now=now),
        now=now,
    )


def process_webhook(webhook_id: UUID, *, now: datetime, news: CarrierNews | None = None) -> None:
    """Do what it asks, or find a later time for it: our own record of the parcel may still be on its way."""
    try:
        _process(webhook_id=webhook_id, news=news or _stored_news(webhook_id), now=now)
    except DomainError as reason:
        _postpone(webhook_id=webhook_id, reason=reason.message, now=now)
    except Exception as mistake:  # ours; it must not hold up the others
        log.exception("webhook_failed", webhook_id=str(webhook_id))
        _postpone(webhook_id=webhook_id, reason=repr(mistake)[:2000], now=now)


@transactional
def resume_webhook(*, webhook_id: UUID, now: datetime) -> None:
    """For staff: one that was given up is due again."""
    models.CarrierWebhook.objects.filter(id=webhook_id, processed_at=None).update(due_at=now, attempts=0)


@transactional
def _process(*, webhook_id: UUID, news: CarrierNews, now: datetime) -> None:
    untouched = models.CarrierWebhook.objects.filter(id=webhook_id, processed_at=None)
    if untouched.update(processed_at=now, due_at=None, error=""):
        names = {"reference": news.reference, "tracking_number": news.tracking_number}
        record_news(events=news.events, now=now, **{name: value for name, value in names.items() if value})


def _stored_news(webhook_id: UUID) -> CarrierNews:
    webhook = models.CarrierWebhook.objects.get(id=webhook_id)
    return providers.named(webhook.provider).news_of(webhook.body.encode())


@transactional
def _postpone(*, webhook_id: UUID, reason: str, now: datetime) -> None:
    webhook = models.CarrierWebhook.objects.select_for_update().get(id=webhook_id)
    attempts = webhook.attempts + 1
    due_at = now + pause_after(attempts) if attempts < ATTEMPTS else None
    models.CarrierWebhook.objects.filter(id=webhook_id, processed_at=None).update(
        attempts=attempts, due_at=due_at, error=reason
    )


@transactional
def forget_webhooks(*, now: datetime) -> None:
    """Delete those that came long ago and have nothing more to do."""
    long_ago = now - timedelta(days=settings.CARRIER_WEBHOOKS_KEPT_DAYS)
    forget(models.CarrierWebhook.objects.filter(received_at__lt=long_ago, due_at=None))
