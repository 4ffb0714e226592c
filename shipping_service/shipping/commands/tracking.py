"""What the carrier tells about a parcel, by webhook or because we asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q

from chassis.context import journey
from chassis.outbox.recording import record
from chassis.transactions import transactional
from shipping import models, providers
from shipping.domain.carrier_call import LEASE, poll_pause
from shipping.domain.shipment import FINAL, Shipment
from shipping.domain.tracking import TrackingEvent
from shipping.models.shipments import FREE
from shipping.providers.port import CarrierRefused, NoAnswer
from shipping.repository import shipments

log = structlog.get_logger(__name__)


@transactional
def record_news(*, shipment_id: UUID, events: Iterable[TrackingEvent], now: datetime) -> int:
    """Complete the timeline, move the shipment forward; how many were news. Each event counts once.

    Raises LabelNotRecorded.
    """
    shipment = shipments.locked(id=shipment_id)
    if shipment is None:
        return 0
    fresh = _unknown(shipment, events)
    messages: list[object] = []
    for event in fresh:
        shipment, told = shipment.advance(event)
        messages += told
    models.TrackingEvent.objects.bulk_create(_row(shipment.id, event, now) for event in fresh)
    if fresh:
        shipments.save(shipment, now=now)
        _be_patient(shipment, now)
        _tell(shipment.id, messages)
    return len(fresh)


def poll_due(*, now: datetime, limit: int = 20) -> None:
    """Ask the carrier about parcels that no webhook has told of for a while."""
    due = models.TrackingPoll.objects.filter(due_at__lte=now, leased_until__lte=now).order_by("due_at")
    found = due.values_list("shipment_id", "shipment__tracking_number", "quiet")
    for shipment_id, tracking_number, quiet in list(found[:limit]):
        if _lease(shipment_id, now):
            _poll(shipment_id, tracking_number, quiet=quiet, now=now)


def _poll(shipment_id: UUID, tracking_number: str, *, quiet: int, now: datetime) -> None:
    error = ""
    try:
        events = providers.carrier().track(tracking_number)
        if record_news(shipment_id=shipment_id, events=events, now=now):
            return
    except (NoAnswer, CarrierRefused) as silence:
        error = str(silence)[:2000]
        log.warning("tracking_not_answered", tracking_number=tracking_number, error=error)
    _pause(shipment_id, quiet=quiet + 1, error=error, now=now)


@transactional
def _lease(shipment_id: UUID, now: datetime) -> bool:
    free = models.TrackingPoll.objects.filter(shipment_id=shipment_id, due_at__lte=now, leased_until__lte=now)
    return bool(free.update(leased_until=now + LEASE))


@transactional
def _pause(shipment_id: UUID, *, quiet: int, error: str, now: datetime) -> None:
    pause = poll_pause(timedelta(seconds=settings.TRACKING_POLL_SECONDS), quiet)
    models.TrackingPoll.objects.filter(shipment_id=shipment_id).update(
        quiet=quiet, due_at=now + pause, leased_until=FREE, error=error
    )


def _be_patient(shipment: Shipment, now: datetime) -> None:
    """There was news, so more will come by itself; and none after the end."""
    poll = models.TrackingPoll.objects.filter(shipment_id=shipment.id)
    if shipment.status in FINAL:
        poll.delete()
    else:
        due = now + timedelta(seconds=settings.TRACKING_POLL_SECONDS)
        poll.update(quiet=0, due_at=due, leased_until=FREE, error="")


def _unknown(shipment: Shipment, events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
    by_id = {event.id: event for event in events}
    known = models.TrackingEvent.objects.filter(shipment_id=shipment.id, carrier_event_id__in=by_id)
    for event_id in known.values_list("carrier_event_id", flat=True):
        del by_id[event_id]
    return sorted(by_id.values(), key=lambda event: event.occurred_at)


def _row(shipment_id: UUID, event: TrackingEvent, now: datetime) -> models.TrackingEvent:
    return models.TrackingEvent(
        shipment_id=shipment_id,
        carrier_event_id=event.id,
        status=event.status,
        description=event.description,
        location=event.location,
        occurred_at=event.occurred_at,
        recorded_at=now,
    )


def _tell(shipment_id: UUID, messages: list[object]) -> None:
    """As part of the order's journey, whoever brought the news."""
    if messages:
        correlation_id = models.Shipment.objects.values_list("correlation_id", flat=True).get(id=shipment_id)
        with journey(correlation_id):
            record(messages)


def shipment_of(*, reference: str, tracking_number: str) -> UUID | None:
    """Whose news it is. The reference is ours, so it is known before the tracking number is."""
    named = Q(reference=reference) if reference else Q(tracking_number=tracking_number)
    return models.Shipment.objects.filter(named).values_list("id", flat=True).first()
