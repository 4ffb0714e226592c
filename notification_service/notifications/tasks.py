"""Scheduled jobs of this service, and the threads of the worker: senders and socket wake-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import signals

from chassis.jobs import job, limit_due_time
from notifications import queries
from notifications.commands import campaigns, deliveries, tickets, updates
from notifications.domain.delivery import LONGEST_PAUSE, SENDING_LEASE
from notifications.models import Delivery
from notifications.providers import socket_groups
from notifications.work import senders

limit_due_time(lambda: Delivery.objects.filter(state__in=queries.OPEN), "due_at", longest=LONGEST_PAUSE)
limit_due_time(lambda: Delivery.objects.filter(state__in=queries.OPEN), "leased_until", longest=SENDING_LEASE)


@job(every=5)
def send_due_deliveries(now: datetime) -> None:
    """Send what no wake-up after a commit has sent, and what is due for a retry."""
    for medium in queries.media_with_due_deliveries(now):
        senders.wake(medium)


@job(every=5)
def release_held_updates(now: datetime) -> None:
    updates.release_held_updates(now=now)


@job(every=10)
def advance_campaigns(now: datetime) -> None:
    campaigns.advance_campaign(now=now)


@job(every=3600, lease=600)
def forget_old(now: datetime) -> None:
    deliveries.delete_old_notifications(now=now)
    updates.delete_old_updates(now=now)
    tickets.delete_old_tickets(now=now)


@signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def _start(**_: Any) -> None:
    senders.start()
    socket_groups.start()


@signals.worker_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]
def _stop(**_: Any) -> None:
    senders.stop()
