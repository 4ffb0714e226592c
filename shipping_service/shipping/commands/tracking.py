"""What the carrier tells about a parcel, by webhook or because we asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

from chassis.core.context import journey
from chassis.core.errors import DomainError
from chassis.outbox.recorder import record
from chassis.transactions import transactional
from shipping import models, providers
from shipping.commands.background import run_due
from shipping.domain.carrier_call import LEASE, poll_pause
from shipping.domain.shipment import ENDED, Shipment
from shipping.domain.tracking import TrackingEvent
from shipping.models import FREE
from shipping.repository import shipments

log = structlog.get_logger(__name__)


class NotOurParcel(DomainError):
    """No shipment has this reference or tracking number."""

    code = "not_our_parcel"


@transactional
def record_news(*, events: Iterable[TrackingEvent], now: datetime, **parcel: Any) -> int:
    """Complete the timeline, move the shipment forward; how many were news. Each event counts once.

    `parcel` names it: `id`, `reference` or `tracking_number`. Raises NotOurParcel, LabelNotRecorded.
    """
    before = shipments.locked(**parcel)
    if before is None:
        raise NotOurParcel
    fresh = _unknown(before, events)
    after, messages = before, list[object]()
    for event in fresh:
        after, told = after.advance(event)
        messages += told
    models.TrackingEvent.objects.bulk_create(_row(after.id, event, now) for event in fresh)
    if fresh:
        shipments.save(after, before=before, now=now)
    if messages:
        with journey(after.correlation_id):
            record(messages)
    return len(fresh)


def watch(*, shipment_id: UUID, now: datetime) -> None:
    """Ask the carrier about it from time to time, until its journey is over."""
    poll = models.TrackingPoll(shipment_id=shipment_id, due_at=now + _pause(0))
    models.TrackingPoll.objects.bulk_create([poll], ignore_conflicts=True)


def poll_due(*, now: datetime, limit: int = 100) -> None:
    polls = models.TrackingPoll.objects.filter(due_at__lte=now, leased_until__lte=now).order_by("due_at")

    def due(waiting: list[str]) -> list[UUID]:
        return list(polls.exclude(shipment_id__in=waiting).values_list("shipment_id", flat=True)[:limit])

    run_due("job.poll_tracking", poll_shipment, due, now=now)


def poll_shipment(shipment_id: UUID, *, now: datetime) -> None:
    """Ask the carrier about a parcel of which nothing was heard for a while; news do not touch the polls."""
    poll = models.TrackingPoll.objects.select_related("shipment").filter(shipment_id=shipment_id).first()
    if poll is None:
        return
    heard_at = min(poll.shipment.updated_at, now)  # a clock may have been ahead
    if poll.shipment.status in ENDED:
        poll.delete()
    elif heard_at > now - _pause(0):
        _postpone(poll, due_at=heard_at + _pause(0), quiet=0)
    elif _lease(poll, now):
        _poll(poll, now)


def _poll(poll: models.TrackingPoll, now: datetime) -> None:
    error, heard = "", 0
    try:
        events = providers.carrier().track(poll.shipment.tracking_number)
        heard = record_news(events=events, now=now, id=poll.shipment_id)
    except Exception as silence:  # NoAnswer, CarrierRefused, or a mistake: the other parcels are asked for anyway
        error = (str(silence) or repr(silence))[:2000]
        log.warning("tracking_not_answered", tracking_number=poll.shipment.tracking_number, error=error)
    quiet = 0 if heard else poll.quiet + 1
    _postpone(poll, due_at=now + _pause(quiet), quiet=quiet, error=error)


@transactional
def _lease(poll: models.TrackingPoll, now: datetime) -> bool:
    free = models.TrackingPoll.objects.filter(shipment_id=poll.shipment_id, due_at__lte=now, leased_until__lte=now)
    return bool(free.update(leased_until=now + LEASE))


@transactional
def _postpone(poll: models.TrackingPoll, *, due_at: datetime, quiet: int, error: str = "") -> None:
    models.TrackingPoll.objects.filter(shipment_id=poll.shipment_id).update(
        quiet=quiet, due_at=due_at, leased_until=FREE, error=error
    )


def _pause(quiet: int) -> timedelta:
    return poll_pause(timedelta(seconds=settings.TRACKING_POLL_SECONDS), quiet)


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
