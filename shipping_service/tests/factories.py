"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from shipping import commands, models, work
from shipping.domain.shipment import Shipment
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingEvent, TrackingStatus

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 Rue de la Paix",
    "line2": "",
    "city": "Paris",
    "postal_code": "75002",
    "region": "",
    "country": "FR",
    "phone": "",
}


def a_shipment(status: ShipmentStatus = ShipmentStatus.CREATED, **given: Any) -> Shipment:
    """Return a domain shipment, with a label unless its status is requested or failed."""
    labeled = status not in {ShipmentStatus.REQUESTED, ShipmentStatus.FAILED}
    values: dict[str, Any] = {
        "id": uuid4(),
        "direction": Direction.OUTBOUND,
        "status": status,
        "order_id": uuid4(),
        "customer_id": uuid4(),
        "carrier": "souk-post",
        "service": "standard",
        "tracking_number": "SP1" if labeled else "",
        "tracking_url": "http://courier.test/SP1" if labeled else "",
    }
    return Shipment(**{**values, **given})


def an_event(status: TrackingStatus, *, minutes: int = 0, **given: Any) -> TrackingEvent:
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "status": status,
        "description": f"It is {status}.",
        "location": "Paris, FR",
        "occurred_at": NOON + timedelta(minutes=minutes),
    }
    return TrackingEvent(**{**values, **given})


def create_message(order_id: UUID | None = None, **given: Any) -> dict[str, Any]:
    """Return the data of `shipment.create.v1`."""
    return {
        "order_id": str(order_id or uuid4()),
        "number": "S-100042",
        "customer_id": str(uuid4()),
        "quote_id": str(uuid4()),
        "carrier": "souk-post",
        "service": "standard",
        "address": ADDRESS,
        "lines": [{"sku": "MUG-RED", "name": "Red mug", "quantity": 2}],
        **given,
    }


def return_message(order: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Return the data of `return_shipment.create.v1` for the order of the message `order`."""
    lines = [{"sku": "MUG-RED", "name": "Red mug", "quantity": 1}]
    base = {"return_id": str(uuid4()), "order_id": order["order_id"], "customer_id": order["customer_id"]}
    return {**base, "lines": lines, **given}


def product_message(**given: Any) -> dict[str, Any]:
    """Return the data of `product.changed.v1`, with more fields than shipping reads."""
    variants = [
        {"sku": "MUG-RED", "name": "Red", "options": {}, "weight_grams": 350, "active": True},
        {"sku": "MUG-BLUE", "name": "Blue", "options": {}, "weight_grams": 360, "active": True},
    ]
    return {"product_id": str(uuid4()), "slug": "mug", "name": "Mug", "variants": variants, **given}


def weigh(**grams: int) -> None:
    """`weigh(MUG=350)`: store the weights of variants."""
    for sku, weight in grams.items():
        commands.record_product(product_id=uuid4(), version=1, weights={sku: (weight, True)})


def row(order: dict[str, Any]) -> models.Shipment:
    """Return the outbound shipment of a create message."""
    return models.Shipment.objects.get(reference=f"order-{order['order_id']}")


def make_calls(*, minutes_later: int = 0) -> None:
    """Run the job; `minutes_later` is beyond every pause and lease."""
    work.make_call.run_due(now=timezone.now() + timedelta(minutes=minutes_later))
