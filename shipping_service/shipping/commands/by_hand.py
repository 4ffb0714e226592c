"""What staff know about a parcel and the carrier does not tell."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from chassis.core.errors import DomainError, Kind
from chassis.transactions import transactional
from shipping.commands.tracking import record_news
from shipping.domain.shipment import MOVES, TRANSITIONS
from shipping.domain.tracking import TrackingEvent, TrackingStatus
from shipping.repository import shipments


class NotBookable(DomainError):
    """A parcel in this state cannot be booked so."""

    code, kind = "not_bookable", Kind.CONFLICT


@transactional
def record_by_hand(*, shipment_id: UUID, status: TrackingStatus, why: str, now: datetime) -> None:
    """Book what happened to the parcel, as if the carrier had told. The customer may read why.

    Raises NotBookable, LabelNotRecorded.
    """
    shipment = shipments.locked(id=shipment_id)
    if shipment is None or MOVES[status] not in TRANSITIONS[shipment.status]:
        raise NotBookable
    news = TrackingEvent(
        id=f"by-hand-{uuid4()}",
        status=status,
        description=why[:300],
        location="",
        occurred_at=now,
    )
    record_news(events=[news], now=now, id=shipment_id)
