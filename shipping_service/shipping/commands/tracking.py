"""Tracking events, reported by webhooks, by polls and by staff."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis.core.context import journey
from chassis.core.errors import DomainError
from chassis.outbox.recorder import record
from chassis.transactions import transactional
from shipping import models
from shipping.domain.carrier_call import poll_pause
from shipping.domain.shipment import Shipment
from shipping.domain.tracking import TrackingEvent
from shipping.repository import shipments


class NotOurParcel(DomainError):
    """No shipment has this reference or tracking number."""

    code = "not_our_parcel"


@transactional
def record_tracking(*, events: Iterable[TrackingEvent], now: datetime, **parcel: Any) -> int:
    """Add the events to the timeline, move the shipment forward, and return the number of new ones.

    `parcel` identifies the shipment: `id`, `reference` or `tracking_number`. An event that is known changes nothing.
    Raises NotOurParcel, LabelNotRecorded.
    """
    before = shipments.locked(**parcel)
    if before is None:
        raise NotOurParcel
    new = _new_events(before, events)
    after, messages = before, list[object]()
    for event in new:
        after, announced = after.advance(event)
        messages += announced
    models.TrackingEvent.objects.bulk_create(_row(after.id, event, now) for event in new)
    if new:
        shipments.save(after, before=before, now=now)
    if messages:
        with journey(after.correlation_id):
            record(messages)
    return len(new)


def start_polling(*, shipment_id: UUID, now: datetime) -> None:
    """Poll the carrier for the parcel until its journey is over."""
    poll = models.TrackingPoll(shipment_id=shipment_id, due_at=now + pause_after(quiet=0))
    models.TrackingPoll.objects.bulk_create([poll], ignore_conflicts=True)


@transactional
def stop_polling(*, shipment_id: UUID) -> None:
    """Poll no longer: the journey is over."""
    models.TrackingPoll.objects.filter(shipment_id=shipment_id).delete()


def pause_after(*, quiet: int) -> timedelta:
    """Return the pause after so many polls without new events."""
    return poll_pause(timedelta(seconds=settings.TRACKING_POLL_SECONDS), quiet)


def _new_events(shipment: Shipment, events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
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
