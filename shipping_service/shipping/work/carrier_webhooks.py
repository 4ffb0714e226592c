"""Carriers' webhooks: verify and store each one, answer, and process it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chassis.core.errors import DomainError
from chassis.work.backoff import Backoff
from chassis.work.running import TryLater, worker
from shipping import commands, providers
from shipping.domain.carrier_call import FIRST_PAUSE, LEASE, LONGEST_PAUSE
from shipping.models import CarrierWebhook
from shipping.work.pool import POOL

#: About half an hour; after that it is about no parcel of ours, and staff can see it.
ATTEMPTS = 12


def accept_webhook(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Verify and store the webhook. Raises WebhookNotTrusted, WebhookNotReadable."""
    update = providers.named(provider).read_webhook(headers, body, now=now)
    commands.store_webhook(provider=provider, event_id=update.id, body=body.decode(), now=now)


@worker(
    CarrierWebhook,
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
