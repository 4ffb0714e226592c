"""Every event and command that this service sends.

`attempt`: the number of the parcel among those of the order, or of the label among those of the return.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


@event("shipment.created.v1", subject="order_id")
class ShipmentCreated:
    """The label was bought."""

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
    """The carrier picked up the parcel; it can no longer be canceled."""

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
    """A tracking event between dispatch and delivery: a hub, out for delivery, a failed attempt, the return to us."""

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
    """The parcel could not be delivered and was returned to us."""

    order_id: UUID
    shipment_id: UUID
    reason: str
    returned_at: datetime
    attempt: int = 1


@event("shipment.lost.v1", subject="order_id")
class ShipmentLost:
    """The parcel was lost or damaged (`reason`). If it is found, it is delivered or returned later."""

    order_id: UUID
    shipment_id: UUID
    reason: str
    occurred_at: datetime
    attempt: int = 1


@event("shipment.canceled.v1", subject="order_id")
class ShipmentCanceled:
    """The shipment was canceled, whether there was a label or not.

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
    """The carrier refused the parcel. `code` is stable; `message` is for people."""

    order_id: UUID
    code: str
    message: str
    attempt: int = 1


@event("return_shipment.created.v1", subject="return_id")
class ReturnShipmentCreated:
    """The return label was bought. `label_url` is signed and needs no sign-in, so it may be mailed."""

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
    """There is no return label, or its parcel will not arrive. `code`: of the carrier, or how the parcel ended."""

    return_id: UUID
    order_id: UUID
    code: str
    message: str
    attempt: int = 1


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """What this service erased, anonymized and kept of a person's data, with the reason."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of the data that this service keeps of a person, for their export."""
