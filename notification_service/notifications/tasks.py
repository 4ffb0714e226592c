"""Scheduled jobs of this service, and the threads of the worker: senders and socket wake-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import signals

from chassis.jobs import job
from notifications.commands import campaigns, deliveries, tickets, updates
from notifications.providers import socket_groups
from notifications.work import senders


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


@signals.worker_ready.connect(weak=False)
def _start(**_: Any) -> None:
    senders.start()
    socket_groups.start()


@signals.worker_shutting_down.connect(weak=False)
def _interrupt(**_: Any) -> None:
    senders.interrupt()
