"""Periodic jobs of this service; each calls one command."""

from __future__ import annotations

from datetime import datetime

from chassis.jobs import job
from products import commands


@job(every=5)
def expire_reservations(now: datetime) -> None:
    commands.expire_reservations(now=now)


@job(every=3600)
def check_stock_ledger(now: datetime) -> None:
    """Each mismatch is logged; the error is shown with this job in the admin."""
    commands.check_recent_ledger(now=now)


@job(every=5, lease=300)
def run_imports(now: datetime) -> None:
    commands.run_imports(now=now)


@job(every=3600, lease=600)
def forget_imports(now: datetime) -> None:
    commands.forget_imports(now=now)
