"""Tracking events, in terms common to all carriers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TrackingStatus(StrEnum):
    """The statuses that the codes of every carrier are mapped to."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"  # nobody at home, held by customs: the parcel is still on its way
    DELIVERED = "delivered"  # for a return: received by us
    RETURNED = "returned"  # given back to the sender
    LOST = "lost"
    DAMAGED = "damaged"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """`id` is the carrier's own: the same event by webhook and by polling counts once."""

    id: str
    status: TrackingStatus
    description: str
    location: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingUpdate:
    """The content of a carrier's webhook. `id` is the carrier's, the same when it is sent again."""

    id: str
    reference: str
    tracking_number: str
    events: tuple[TrackingEvent, ...]
