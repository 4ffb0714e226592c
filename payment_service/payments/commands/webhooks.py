"""Commands about webhooks: store them once, requeue and delete them. `work.webhooks` processes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from chassis.jobs.retention import forget
from chassis.transactions import transactional
from chassis.work.running import run_after_commit
from payments import queries
from payments.domain.webhooks import WebhookNotice
from payments.models import WebhookEvent

#: While our own call is running, its answer most likely says the same: wait for it.
OWN_ANSWER = timedelta(seconds=8)
NOTHING_NEW = "nothing new"


def store_webhook(*, provider: str, notice: WebhookNotice, now: datetime) -> bool:
    """Store the webhook; return False if it was stored before."""
    try:
        webhook_id = _store(provider=provider, notice=notice, now=now)
    except IntegrityError:
        return False
    if webhook_id:
        run_after_commit(WebhookEvent, webhook_id)
    return True


@transactional
def _store(*, provider: str, notice: WebhookNotice, now: datetime) -> UUID | None:
    """Return the row's id if it is to be processed at once."""
    row = WebhookEvent(
        provider=provider,
        event_id=_plain(notice.event_id, 255),
        type=_plain(notice.type, 100),
        provider_id=_plain(notice.provider_id, 255),
        reference=_plain(notice.reference, 64),
        dispute_id=_plain(notice.dispute_id, 255),
        hint=_plain(notice.snapshot, 100),
        received_at=now,
        due_at=now,
    )
    about_payment = not row.dispute_id
    payment = queries.payment_of_object(provider, row.provider_id, row.reference) if about_payment else None
    at_once = True
    if payment and not queries.says_anything_new(row, payment):
        row.due_at, row.finished_at, row.outcome, at_once = None, now, NOTHING_NEW, False
    elif payment and queries.call_running(payment.id, now):
        row.due_at, at_once = now + OWN_ANSWER, False
    row.save(force_insert=True)
    return row.id if at_once else None


def _plain(text: str, length: int) -> str:
    """Keep printable ASCII: the ids and names of providers contain nothing else."""
    return "".join(char for char in text if " " <= char <= "~")[:length]


@transactional
def requeue_webhook(*, webhook_id: UUID, now: datetime) -> None:
    """Process the webhook once more, from the beginning."""
    WebhookEvent.objects.filter(id=webhook_id).update(
        finished_at=None, due_at=now, lease=None, leased_until=None, misses=0, error="", outcome=""
    )
    run_after_commit(WebhookEvent, webhook_id)


@transactional
def forget_webhooks(*, now: datetime) -> int:
    """Delete webhooks that were processed long ago and return their number."""
    long_ago = now - timedelta(days=settings.WEBHOOK_EVENTS_KEPT_DAYS)
    return forget(WebhookEvent.objects.filter(finished_at__lt=long_ago))
