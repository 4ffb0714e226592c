"""The tasks that receive messages and resend lost ones, and the jobs of the inbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from celery import Task, shared_task, signals
from celery.exceptions import Reject
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from chassis.broker import RECEIVE, SEND_AGAIN
from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage, ReceivedMessage
from chassis.jobs import job, limit_due_time
from chassis.jobs.retention import forget
from chassis.outbox import relay
from chassis.outbox.models import OutboxMessage
from chassis.watchdog import watchdog

log = structlog.get_logger(__name__)
_stopping = threading.Event()


limit_due_time(
    lambda: FailedMessage.objects.exclude(next_try_at=None),
    "next_try_at",
    longest=timedelta(seconds=receiver.RETRY_AFTER[-1]),
)
limit_due_time(
    lambda: OutboxMessage.objects.filter(sent_at=None), "held_until", longest=timedelta(seconds=relay.LONGEST_BACKOFF)
)


@shared_task(name=RECEIVE, bind=True)
def receive(self: Task, envelope: str) -> None:
    """Handle a message, or store it for a retry."""
    redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
    _when_database_available(lambda: receiver.set_aside(envelope) if redelivered else receiver.receive(envelope))


@shared_task(name=SEND_AGAIN)
def send_again(types: list[str], since: str) -> None:
    """Resend messages for a service whose queue was lost. Other consumers ignore the duplicates."""
    sent = OutboxMessage.objects.filter(type__in=types, sent_at__gte=datetime.fromisoformat(since))
    _when_database_available(lambda: relay.send_again(sent))


def _when_database_available(work: Callable[[], object]) -> None:
    """Keep the message while the database is unavailable; return it to the broker on shutdown."""
    seconds = 0.5
    while True:
        try:
            work()
            return
        except DatabaseError as error:
            log.warning("database_unavailable", error=str(error), seconds=seconds)
            close_old_connections()
            watchdog.alive()
            if _stopping.wait(seconds):
                raise Reject(str(error), requeue=True) from error
            seconds = min(seconds * 2, 10.0)


@signals.worker_shutting_down.connect(weak=False)
def _stop(**_: object) -> None:
    _stopping.set()


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
