"""The jobs of the inbox."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage, ReceivedMessage
from chassis.jobs import job, limit_due_time
from chassis.jobs.retention import forget
from chassis.outbox import relay
from chassis.outbox.models import OutboxMessage

log = structlog.get_logger(__name__)


limit_due_time(
    lambda: FailedMessage.objects.exclude(next_try_at=None),
    "next_try_at",
    longest=timedelta(seconds=receiver.RETRY_AFTER[-1]),
)
limit_due_time(
    lambda: OutboxMessage.objects.filter(sent_at=None), "held_until", longest=timedelta(seconds=relay.LONGEST_BACKOFF)
)


@job(every=2, lease=5)
def retry_failed_messages(now: datetime) -> None:
    """Retry failed messages. The lease is short: a message may kill its worker."""
    receiver.retry_due(now=now)


@job(every=3600, lease=600)
def forget_old_messages(now: datetime) -> None:
    """Delete sent and handled messages, after the period in which duplicates can arrive (`outbox.relay.rewind`)."""
    long_ago = now - timedelta(days=settings.MESSAGES_KEPT_DAYS)
    forget(ReceivedMessage.objects.filter(received_at__lt=long_ago))
    forget(OutboxMessage.objects.filter(sent_at__lt=long_ago))


@job(every=3600, lease=600)
def forget_parked_messages(now: datetime) -> None:
    """Delete dead letters that nobody replayed: they contain personal data. A metric reports them before."""
    long_ago = now - timedelta(days=settings.PARKED_MESSAGES_KEPT_DAYS)
    if count := forget(FailedMessage.objects.filter(next_try_at=None, parked_at__lt=long_ago)):
        log.error("parked_messages_forgotten", messages=count)
