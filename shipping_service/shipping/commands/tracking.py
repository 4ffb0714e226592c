"""Tracking events, reported by webhooks, by polls and by staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis import statements
from chassis.core.context import journey
from chassis.core.errors import DomainError
from chassis.outbox.recorder import record
from chassis.transactions import transactional, unit_of_work
from shipping import models
from shipping.domain.carrier_call import poll_pause
from shipping.domain.shipment import Shipment
from shipping.domain.tracking import TrackingEvent, TrackingUpdate
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
    shipment = shipments.locked_by(**parcel)
    if shipment is None:
        raise NotOurParcel
    new = _new_events({shipment.id: events})[shipment.id]
    _record(shipment, new, now)
    return len(new)


@transactional
def record_updates(*, updates: Iterable[TrackingUpdate], now: datetime) -> set[TrackingUpdate]:
    """Record the tracking events of many parcels, and return the updates that cannot be recorded, or not yet.

    Those are about a parcel that is not ours or has no recorded label, or do not name it by our reference.
    """
    of_parcel: dict[str, list[TrackingUpdate]] = {}
    for update in updates:
        of_parcel.setdefault(update.reference, []).append(update)
    parcels = shipments.locked_by_reference(filter(None, of_parcel))
    refused: set[TrackingUpdate] = set()
    events: dict[UUID, list[TrackingEvent]] = {}
    for reference, its_updates in of_parcel.items():
        for update in its_updates:
            parcel = parcels.get(reference)
            if parcel and parcel.has_label and update.tracking_number in {"", parcel.tracking_number}:
                events.setdefault(parcel.id, []).extend(update.events)
            else:
                refused.add(update)
    new = _new_events(events)
    for parcel in parcels.values():
        _record(parcel, new.get(parcel.id, []), now)
    return refused


@transactional
def start_polling(*, shipment_id: UUID, now: datetime) -> None:
    """Poll the carrier for the parcel until its journey is over."""
    poll = models.TrackingPoll(shipment_id=shipment_id, due_at=now + pause_after(quiet=0))
    unit_of_work().collect(_store_polls, [poll])


@transactional
def stop_polling(*, shipment_ids: Sequence[UUID]) -> None:
    """Poll no longer: the journeys are over."""
    models.TrackingPoll.objects.filter(shipment_id__in=shipment_ids).delete()


def pause_after(*, quiet: int) -> timedelta:
    """Return the pause after so many polls without new events."""
    return poll_pause(timedelta(seconds=settings.TRACKING_POLL_SECONDS), quiet)


def _store_polls(polls: Sequence[models.TrackingPoll]) -> None:
    statements.insert(polls, ignore_conflicts=True)


def _new_events(events: Mapping[UUID, Iterable[TrackingEvent]]) -> dict[UUID, list[TrackingEvent]]:
    """Return those of each shipment's events that are not in its timeline, in the order in which they happened."""
    by_id = {(shipment_id, event.id): event for shipment_id, its_events in events.items() for event in its_events}
    names = [event_id for _, event_id in by_id]
    known = models.TrackingEvent.objects.filter(shipment_id__in=events, carrier_event_id__in=names).order_by()
    for key in known.values_list("shipment_id", "carrier_event_id"):
        by_id.pop(key, None)
    new: dict[UUID, list[TrackingEvent]] = {shipment_id: [] for shipment_id in events}
    for (shipment_id, _), event in sorted(by_id.items(), key=lambda item: item[1].occurred_at):
        new[shipment_id].append(event)
    return new


def _record(before: Shipment, new: Sequence[TrackingEvent], now: datetime) -> None:
    """Move the shipment forward by new events, and add them to its timeline. Raises LabelNotRecorded."""
    after, messages = before, list[object]()
    for event in new:
        after, announced = after.advance(event)
        messages += announced
    unit_of_work().insert(_row(after.id, event, now) for event in new)
    if new:
        shipments.save(after, before=before, now=now)
    if messages:
        with journey(after.correlation_id):
            record(messages)


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
