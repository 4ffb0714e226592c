"""The messages about a shipment. A return has fewer of them, for its sender knows when it was sent."""

from __future__ import annotations

from shipping import events_out
from shipping.domain.shipment_data import ShipmentData
from shipping.domain.tracking import TrackingEvent


def created(shipment: ShipmentData) -> list[object]:
    if shipment.return_id:
        message: object = events_out.ReturnShipmentCreated(
            return_id=shipment.return_id,
            order_id=shipment.order_id,
            label_url=shipment.label_url,
            tracking_number=shipment.tracking_number,
            attempt=shipment.attempt,
        )
        return [message]
    assert shipment.customer_id is not None
    return [
        events_out.ShipmentCreated(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            carrier=shipment.carrier,
            service=shipment.service,
            tracking_number=shipment.tracking_number,
            tracking_url=shipment.tracking_url,
            attempt=shipment.attempt,
        )
    ]


def dispatched(shipment: ShipmentData) -> list[object]:
    if shipment.return_id:
        return []
    assert shipment.customer_id is not None
    assert shipment.dispatched_at is not None
    return [
        events_out.ShipmentDispatched(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            tracking_url=shipment.tracking_url,
            dispatched_at=shipment.dispatched_at,
            attempt=shipment.attempt,
        )
    ]


def progressed(shipment: ShipmentData, event: TrackingEvent) -> list[object]:
    if shipment.return_id:
        return []
    assert shipment.customer_id is not None
    return [
        events_out.ShipmentProgressed(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            status=event.status,
            description=event.description,
            location=event.location,
            occurred_at=event.occurred_at,
            attempt=shipment.attempt,
        )
    ]


def delivered(shipment: ShipmentData) -> list[object]:
    assert shipment.delivered_at is not None
    if shipment.return_id:
        message: object = events_out.ReturnShipmentReceived(
            return_id=shipment.return_id,
            order_id=shipment.order_id,
            received_at=shipment.delivered_at,
            attempt=shipment.attempt,
        )
        return [message]
    assert shipment.customer_id is not None
    return [
        events_out.ShipmentDelivered(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            delivered_at=shipment.delivered_at,
            attempt=shipment.attempt,
        )
    ]


def returned(shipment: ShipmentData) -> list[object]:
    assert shipment.ended_at is not None
    if shipment.return_id:
        return failed(shipment, "returned", "The carrier gave the parcel back to the customer.")
    return [
        events_out.ShipmentReturned(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            reason=shipment.end_reason,
            returned_at=shipment.ended_at,
            attempt=shipment.attempt,
        )
    ]


def lost(shipment: ShipmentData) -> list[object]:
    assert shipment.ended_at is not None
    if shipment.return_id:
        return failed(shipment, shipment.end_reason, f"The parcel is {shipment.end_reason}.")
    return [
        events_out.ShipmentLost(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            reason=shipment.end_reason,
            occurred_at=shipment.ended_at,
            attempt=shipment.attempt,
        )
    ]


def canceled(shipment: ShipmentData) -> list[object]:
    if shipment.return_id:
        return failed(shipment, "canceled", "The carrier canceled the label.")
    by = shipment.end_reason or "shop"
    return [events_out.ShipmentCanceled(order_id=shipment.order_id, by=by, attempt=shipment.attempt)]


def cancel_refused(shipment: ShipmentData, reason: str) -> list[object]:
    return [events_out.ShipmentCancelRefused(order_id=shipment.order_id, reason=reason, attempt=shipment.attempt)]


def failed(shipment: ShipmentData, code: str, message: str) -> list[object]:
    """Return the message that there is no label, or that a return will not arrive."""
    if shipment.return_id:
        message_out: object = events_out.ReturnShipmentFailed(
            return_id=shipment.return_id,
            order_id=shipment.order_id,
            code=code,
            message=message,
            attempt=shipment.attempt,
        )
        return [message_out]
    return [events_out.ShipmentFailed(order_id=shipment.order_id, code=code, message=message, attempt=shipment.attempt)]
