"""Timers are rows with a due time; this looks for them."""

from __future__ import annotations

from datetime import datetime

from chassis.jobs import job
from orders import commands


@job(every=5)
def wake_orders(now: datetime) -> None:
    """Deadlines that have passed, and questions that have waited too long for their answer."""
    commands.wake_due_orders(now=now)


@job(every=3600)
def forget_attempts(now: datetime) -> None:
    """Attempts to pay that no limit counts any more."""
    commands.forget_attempts(now=now)


@job(every=30)
def wake_returns(now: datetime) -> None:
    commands.wake_due_returns(now=now)
