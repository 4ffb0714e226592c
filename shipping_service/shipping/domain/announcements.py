"""Which messages tell of a shipment. A return has fewer: its sender knows that it has sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipping import events_out
from shipping.domain.tracking import TrackingEvent

if TYPE_CHECKING:
    from shipping.domain.shipment import Shipment


def created(shipment: Shipment) -> list[object]:
    if shipment.return_id:
        message: object = events_out.ReturnShipmentCreated(
            return_id=shipment.return_id,
            order_id=shipment.order_id,
            label_url=shipment.label_url,
            tracking_number=shipment.tracking_number,
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
        )
    ]


def dispatched(shipment: Shipment) -> list[object]:
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
        )
    ]


def progressed(shipment: Shipment, news: TrackingEvent) -> list[object]:
    if shipment.return_id:
        return []
    assert shipment.customer_id is not None
    return [
        events_out.ShipmentProgressed(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            status=news.status,
            description=news.description,
            location=news.location,
            occurred_at=news.occurred_at,
        )
    ]


def delivered(shipment: Shipment) -> list[object]:
    assert shipment.delivered_at is not None
    if shipment.return_id:
        message: object = events_out.ReturnShipmentReceived(
            return_id=shipment.return_id, order_id=shipment.order_id, received_at=shipment.delivered_at
        )
        return [message]
    assert shipment.customer_id is not None
    return [
        events_out.ShipmentDelivered(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            customer_id=shipment.customer_id,
            delivered_at=shipment.delivered_at,
        )
    ]


def canceled(shipment: Shipment) -> list[object]:
    return [] if shipment.return_id else [events_out.ShipmentCanceled(order_id=shipment.order_id)]


def cancel_refused(shipment: Shipment, reason: str) -> list[object]:
    return [events_out.ShipmentCancelRefused(order_id=shipment.order_id, reason=reason)]


def failed(shipment: Shipment) -> list[object]:
    """A return label that was refused is for staff: they try again, or send the customer another one."""
    if shipment.return_id:
        return []
    return [
        events_out.ShipmentFailed(
            order_id=shipment.order_id, code=shipment.failure_code, message=shipment.failure_message
        )
    ]
