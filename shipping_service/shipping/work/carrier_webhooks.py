"""Carriers' webhooks: verify and store each one, answer, and process it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured

from chassis.core.errors import DomainError
from chassis.work.backoff import Backoff
from chassis.work.batches import batch_worker
from chassis.work.running import TryLater
from shipping import commands, providers
from shipping.domain.carrier_call import FIRST_PAUSE, LEASE, LONGEST_PAUSE
from shipping.domain.tracking import TrackingUpdate
from shipping.models import CarrierWebhook
from shipping.work.pool import POOL

#: About half an hour; after that it is about no parcel of ours, and staff can see it.
ATTEMPTS = 12


def accept_webhook(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Verify and store the webhook. Raises WebhookNotTrusted, WebhookNotReadable."""
    update = providers.named(provider).read_webhook(headers, body, now=now)
    commands.store_webhook(provider=provider, event_id=update.id, body=body.decode(), now=now)


def process_together(webhooks: Sequence[CarrierWebhook], now: datetime) -> list[CarrierWebhook]:
    """Record the tracking events of all webhooks, and return those that cannot be read or recorded."""
    updates: dict[CarrierWebhook, TrackingUpdate] = {}
    for webhook in webhooks:
        with suppress(DomainError, ImproperlyConfigured):  # raised again when it is processed by itself
            updates[webhook] = providers.named(webhook.provider).update_of(webhook.body.encode())
    unreadable = [webhook for webhook in webhooks if webhook not in updates]
    return [*unreadable, *commands.apply_webhooks(webhooks=updates, now=now)]


@batch_worker(
    CarrierWebhook,
    together=process_together,
    job="process_due_webhooks",
    every=5,
    pool=POOL,
    lease=LEASE,
    backoff=Backoff(FIRST_PAUSE, LONGEST_PAUSE),
    give_up_after=ATTEMPTS,
    limit=50,
)
def process_webhook(webhook: CarrierWebhook, now: datetime) -> None:
    """Record its tracking events, or try later: our own record of the label may not be committed yet."""
    try:
        update = providers.named(webhook.provider).update_of(webhook.body.encode())
        commands.apply_webhook(webhook=webhook, update=update, now=now)
    except DomainError as error:
        raise TryLater(error.message) from error
