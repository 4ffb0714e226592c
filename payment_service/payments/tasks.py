"""Jobs: the fallback for what is normally done at once, and the comparison of the books."""

from datetime import datetime

from chassis.jobs import job
from payments import commands


@job(every=5)
def carry_out_due_calls(now: datetime) -> None:
    commands.carry_out_due(now=now)


@job(every=10)
def process_due_webhooks(now: datetime) -> None:
    commands.process_webhooks_due(now=now)


@job(every=60)
def look_at_waiting_payments(now: datetime) -> None:
    commands.look_at_waiting(now=now)


@job(every=3600, lease=1800)
def reconcile_with_provider(now: datetime) -> None:
    commands.reconcile(now=now)


@job(every=3600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)
