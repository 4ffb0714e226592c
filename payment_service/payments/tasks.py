"""Jobs: the fallback for work that is normally done at once, reconciliation, and retention."""

from datetime import datetime, timedelta

from chassis.jobs import job, limit_due_time
from chassis.jobs.figures import figures
from payments import commands, queries, work
from payments.commands.provider_calls import LONGEST_BACKOFF
from payments.domain.payment import PaymentStatus
from payments.models import CallStatus, Payment, ProviderCall, WebhookEvent
from payments.repository import provider_calls
from payments.work import webhooks

limit_due_time(
    lambda: ProviderCall.objects.filter(status=CallStatus.OPEN),
    "due_at",
    longest=timedelta(seconds=LONGEST_BACKOFF),
)
limit_due_time(
    lambda: ProviderCall.objects.filter(status=CallStatus.OPEN), "leased_until", longest=provider_calls.LEASE
)
limit_due_time(lambda: WebhookEvent.objects.filter(processed_at=None), "due_at", longest=webhooks.LONGEST_WAIT)
limit_due_time(lambda: WebhookEvent.objects.filter(processed_at=None), "leased_until", longest=webhooks.LEASE)
limit_due_time(lambda: Payment.objects.filter(status=PaymentStatus.ACTION_REQUIRED), "looked_at", longest=timedelta())

figures(queries.ledger_figures)


@job(every=5)
def carry_out_due_calls(now: datetime) -> None:
    work.make_due_calls(now=now)


@job(every=10)
def process_due_webhooks(now: datetime) -> None:
    work.process_due_webhooks(now=now)


@job(every=60)
def look_at_waiting_payments(now: datetime) -> None:
    work.look_up_waiting(now=now)


@job(every=3600, lease=1800)
def reconcile_with_provider(now: datetime) -> None:
    work.reconcile(now=now)


@job(every=3600, lease=600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)


@job(every=3600, lease=600)
def forget_old_calls(now: datetime) -> None:
    commands.forget_calls(now=now)
