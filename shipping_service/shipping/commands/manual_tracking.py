"""Tracking events that staff record in place of the carrier."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from chassis.core.errors import DomainError, Kind
from chassis.transactions import transactional
from shipping.commands.tracking import record_tracking
from shipping.domain.shipment import MOVES, TRANSITIONS
from shipping.domain.tracking import TrackingEvent, TrackingStatus
from shipping.repository import shipments


class NotBookable(DomainError):
    """This cannot be recorded for a parcel in this state."""

    code, kind = "not_bookable", Kind.CONFLICT


@transactional
def record_manually(*, shipment_id: UUID, status: TrackingStatus, reason: str, now: datetime) -> None:
    """Record an event as if the carrier had reported it. The customer may read the reason.

    Raises NotBookable, LabelNotRecorded.
    """
    shipment = shipments.locked(shipment_id)
    if shipment is None or MOVES[status] not in TRANSITIONS[shipment.status]:
        raise NotBookable
    event = TrackingEvent(
        id=f"by-hand-{uuid4()}",
        status=status,
        description=reason[:300],
        location="",
        occurred_at=now,
    )
    record_tracking(events=[event], now=now, id=shipment_id)
