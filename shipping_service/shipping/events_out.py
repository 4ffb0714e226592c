"""Every event and command that this service sends."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.messages import event


@event("shipment.created.v1", subject="order_id")
class ShipmentCreated:
    """The carrier has taken the order; the label is bought."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str


@event("shipment.dispatched.v1", subject="order_id")
class ShipmentDispatched:
    """The parcel has left our hands; it can no longer be canceled."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@event("shipment.progressed.v1", subject="order_id")
class ShipmentProgressed:
    """Something happened between dispatch and delivery: a hub, the van, a failed attempt, the way back."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    status: str
    description: str
    location: str
    occurred_at: datetime


@event("shipment.delivered.v1", subject="order_id")
class ShipmentDelivered:
    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    delivered_at: datetime


@event("shipment.canceled.v1", subject="order_id")
class ShipmentCanceled:
    """No parcel will leave for this order, whether there was a label or not."""

    order_id: UUID


@event("shipment.cancel_refused.v1", subject="order_id")
class ShipmentCancelRefused:
    order_id: UUID
    reason: str


@event("shipment.failed.v1", subject="order_id")
class ShipmentFailed:
    """The carrier will not take this parcel. `code` is stable; `message` is for people."""

    order_id: UUID
    code: str
    message: str


@event("return_shipment.created.v1", subject="return_id")
class ReturnShipmentCreated:
    """`label_url` needs no sign-in: it carries its own proof, and may be mailed."""

    return_id: UUID
    order_id: UUID
    label_url: str
    tracking_number: str


@event("return_shipment.received.v1", subject="return_id")
class ReturnShipmentReceived:
    return_id: UUID
    order_id: UUID
    received_at: datetime
