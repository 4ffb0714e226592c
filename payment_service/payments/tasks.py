"""Jobs: the fallback for what is normally done at once, and the comparison of the books."""

from datetime import datetime, timedelta

from chassis.jobs import job, waits
from chassis.jobs.figures import figures
from payments import commands, queries
from payments.commands import carrying_out, webhooks
from payments.domain.payment import PaymentStatus
from payments.models import CallStatus, Payment, ProviderCall, WebhookEvent
from payments.repository import calls

waits(
    lambda: ProviderCall.objects.filter(status=CallStatus.OPEN),
    "due_at",
    longest=timedelta(seconds=carrying_out.LONGEST_BACKOFF),
)
waits(lambda: ProviderCall.objects.filter(status=CallStatus.OPEN), "leased_until", longest=calls.LEASE)
waits(lambda: WebhookEvent.objects.filter(processed_at=None), "due_at", longest=webhooks.LONGEST_WAIT)
waits(lambda: WebhookEvent.objects.filter(processed_at=None), "leased_until", longest=webhooks.LEASE)
waits(lambda: Payment.objects.filter(status=PaymentStatus.ACTION_REQUIRED), "looked_at", longest=timedelta())

figures(queries.ledger_figures)


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


@job(every=3600, lease=600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)


@job(every=3600, lease=600)
def forget_old_calls(now: datetime) -> None:
    carrying_out.forget_calls(now=now)
