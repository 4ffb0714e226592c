"""Jobs: lost confirmations, reconciliation, and retention. `payments.work` declares those that run what is due."""

from datetime import datetime, timedelta

from celery.schedules import crontab

from chassis.jobs import job, limit_due_time
from chassis.jobs.figures import figures
from payments import commands, queries, work
from payments.domain.payment import PaymentStatus
from payments.models import Payment

limit_due_time(lambda: Payment.objects.filter(status=PaymentStatus.ACTION_REQUIRED), "looked_at", longest=timedelta())

figures(queries.ledger_figures)
figures(queries.dispute_figures)


@job(every=60)
def look_at_waiting_payments(now: datetime) -> None:
    work.look_up_waiting(now=now)


@job(every=3600, lease=1800)
def reconcile_with_provider(now: datetime) -> None:
    work.reconcile(now=now)


@job(every=crontab(hour=3, minute=0))
def request_nightly_report(now: datetime) -> None:
    commands.request_reconciliation(start=now - work.SPAN, end=now, now=now)


@job(every=60, lease=4 * 3600)
def reconcile_requested_periods(now: datetime) -> None:
    work.run_requested(now=now)


@job(every=60, lease=600)
def forget_accounts_at_providers(now: datetime) -> None:
    work.forget_accounts(now=now)


@job(every=3600, lease=600)
def forget_old_reports(now: datetime) -> None:
    commands.forget_runs(now=now)


@job(every=3600, lease=600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)


@job(every=3600, lease=600)
def forget_old_calls(now: datetime) -> None:
    commands.forget_calls(now=now)
