"""The data of a shipment, in either direction. Its rules are in `shipment`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Direction(StrEnum):
    OUTBOUND = "outbound"  # from us to the customer
    RETURN = "return"  # from the customer to us


class ShipmentStatus(StrEnum):
    REQUESTED = "requested"  # stored; a label is being requested
    CREATED = "created"  # there is a label; the parcel waits for the carrier
    DISPATCHED = "dispatched"  # picked up; it can no longer be canceled
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"  # for a return: received by us
    CANCELING = "canceling"  # cancellation of the label is being requested
    CANCELED = "canceled"
    FAILED = "failed"  # the carrier refused; staff may try again
    RETURNED = "returned"  # undeliverable, given back to its sender
    LOST = "lost"  # or damaged; it may still be found


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentData:
    """The columns of a shipment that its rules read.

    A return's `customer_id` is its sender. `correlation_id` is the order's, for everything that happens to the
    shipment later. A cancel that arrives before its order is stored as a canceled shipment without customer or carrier.
    """

    id: UUID
    direction: Direction
    status: ShipmentStatus
    order_id: UUID
    return_id: UUID | None = None
    attempt: int = 1  # the number of the parcel among those of the order, or of the label among those of the return
    customer_id: UUID | None = None
    correlation_id: str = ""
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    label_url: str = ""
    cancel_refusal: str = ""
    failure_code: str = ""
    failure_message: str = ""
    end_reason: str = ""  # why it came back, was lost or damaged; or who canceled it
    ended_at: datetime | None = None
    latest_at: datetime | None = None
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None
