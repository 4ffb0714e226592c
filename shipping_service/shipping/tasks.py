"""Jobs of this service. Each is the safety net of something that is usually quicker by itself."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from chassis.jobs import job, limit_due_time
from chassis.jobs.figures import figures
from shipping import commands, queries
from shipping.domain.carrier_call import LEASE, LONGEST_PAUSE, LONGEST_POLL_PAUSE, CallState
from shipping.models import CarrierCall, CarrierWebhook, TrackingPoll

limit_due_time(lambda: CarrierCall.objects.filter(state=CallState.WAITING), "due_at", longest=LONGEST_PAUSE)
limit_due_time(lambda: CarrierCall.objects.filter(state=CallState.WAITING), "leased_until", longest=LEASE)
limit_due_time(CarrierWebhook.objects.all, "due_at", longest=LONGEST_PAUSE)
limit_due_time(TrackingPoll.objects.all, "due_at", longest=LONGEST_POLL_PAUSE)
limit_due_time(lambda: TrackingPoll.objects.filter(due_at__lte=timezone.now()), "leased_until", longest=LEASE)

figures(queries.shipment_figures)


@job(every=5)
def run_due_carrier_calls(now: datetime) -> None:
    """Calls whose thread was lost with its process, and those without an answer so far."""
    commands.run_due_calls(now=now)


@job(every=5)
def process_due_webhooks(now: datetime) -> None:
    commands.process_due_webhooks(now=now)


@job(every=15)
def poll_tracking(now: datetime) -> None:
    """Parcels that no webhook has told of for a while."""
    commands.poll_due(now=now)


@job(every=3600, lease=600)
def forget_old_webhooks(now: datetime) -> None:
    commands.forget_webhooks(now=now)


@job(every=3600, lease=600)
def forget_old_calls(now: datetime) -> None:
    commands.forget_calls(now=now)
