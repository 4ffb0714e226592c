"""Jobs of this service. Each worker declares a job of its own, for what was not done right after the commit."""

from __future__ import annotations

from datetime import datetime

from chassis.jobs import job
from chassis.jobs.figures import figures
from shipping import commands, queries, work

WORKERS = (work.make_call, work.process_webhook, work.poll_carrier)

figures(queries.shipment_figures)


@job(every=3600, lease=600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)


@job(every=3600, lease=600)
def forget_old_calls(now: datetime) -> None:
    commands.forget_calls(now=now)
