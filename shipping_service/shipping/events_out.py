"""Every event and command that this service sends.

`attempt`: which parcel of the order it is about, or which label of the return.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


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
    attempt: int = 1


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
    attempt: int = 1


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
    attempt: int = 1


@event("shipment.delivered.v1", subject="order_id")
class ShipmentDelivered:
    """The carrier delivered the parcel."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    delivered_at: datetime
    attempt: int = 1


@event("shipment.returned.v1", subject="order_id")
class ShipmentReturned:
    """It could not be delivered, and is with us again."""

    order_id: UUID
    shipment_id: UUID
    reason: str
    returned_at: datetime
    attempt: int = 1


@event("shipment.lost.v1", subject="order_id")
class ShipmentLost:
    """`reason`: lost or damaged. It may still be found: then it is delivered or returned."""

    order_id: UUID
    shipment_id: UUID
    reason: str
    occurred_at: datetime
    attempt: int = 1


@event("shipment.canceled.v1", subject="order_id")
class ShipmentCanceled:
    """No parcel will leave for this order, whether there was a label or not.

    `by`: the shop, or the carrier without being asked.
    """

    order_id: UUID
    by: str = "shop"
    attempt: int = 1


@event("shipment.cancel_refused.v1", subject="order_id")
class ShipmentCancelRefused:
    """The parcel has left and can no longer be canceled."""

    order_id: UUID
    reason: str
    attempt: int = 1


@event("shipment.failed.v1", subject="order_id")
class ShipmentFailed:
    """The carrier will not take this parcel. `code` is stable; `message` is for people."""

    order_id: UUID
    code: str
    message: str
    attempt: int = 1


@event("return_shipment.created.v1", subject="return_id")
class ReturnShipmentCreated:
    """`label_url` needs no sign-in: it carries its own proof, and may be mailed."""

    return_id: UUID
    order_id: UUID
    label_url: str
    tracking_number: str
    attempt: int = 1


@event("return_shipment.received.v1", subject="return_id")
class ReturnShipmentReceived:
    """The parcel of the return arrived at the shop."""

    return_id: UUID
    order_id: UUID
    received_at: datetime
    attempt: int = 1


@event("return_shipment.failed.v1", subject="return_id")
class ReturnShipmentFailed:
    """There is no label, or its parcel will not arrive. `code`: the carrier's, or canceled, lost, damaged, returned."""

    return_id: UUID
    order_id: UUID
    code: str
    message: str
    attempt: int = 1


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """What this service has erased of a person, has made anonymous, and keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of what this service keeps of a person, for their own eyes."""
