"""This service's own jobs, and what runs beside them in the worker: senders and live hints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import signals

from chassis.jobs import job, limit_due_time
from notifications import live, queries, sending
from notifications.commands import campaigns, delivering, tickets
from notifications.commands import live as live_commands
from notifications.domain.delivery import LONGEST_PAUSE, SENDING_LEASE
from notifications.models import Delivery

limit_due_time(lambda: Delivery.objects.filter(state__in=queries.OPEN), "due_at", longest=LONGEST_PAUSE)
limit_due_time(lambda: Delivery.objects.filter(state__in=queries.OPEN), "leased_until", longest=SENDING_LEASE)


@job(every=5)
def send_due_deliveries(now: datetime) -> None:
    """The fallback for lost hints, and what brings a retry when its time has come."""
    for medium in queries.media_with_due_deliveries(now):
        sending.wake(medium)


@job(every=5)
def release_held_updates(now: datetime) -> None:
    live_commands.release_held_updates(now=now)


@job(every=10)
def advance_campaigns(now: datetime) -> None:
    campaigns.advance_campaign(now=now)


@job(every=3600, lease=600)
def forget_old(now: datetime) -> None:
    delivering.forget_old_notifications(now=now)
    live_commands.forget_old_updates(now=now)
    tickets.forget_old_tickets(now=now)


@signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def _start(**_: Any) -> None:
    sending.start()
    live.start()


@signals.worker_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]
def _stop(**_: Any) -> None:
    sending.stop()
