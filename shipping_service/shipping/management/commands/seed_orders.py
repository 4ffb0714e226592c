"""Add the shipments of generated orders with their tracking, by bulk insert."""

from __future__ import annotations

import random
from datetime import timedelta

from chassis.seeding import SeedCommand, generated_id
from chassis.transactions import transactional
from shipping.domain.carrier_call import CallState, Operation
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingStatus
from shipping.models import CarrierCall, Shipment, TrackingEvent, TrackingPoll

_SCANS = (TrackingStatus.LABEL_CREATED, TrackingStatus.PICKED_UP, TrackingStatus.IN_TRANSIT)


class Command(SeedCommand):
    help = "Add the shipments of generated orders, to see what the service costs when it has grown. Not in production."
    what = "orders"

    def prepare(self) -> int:
        return Shipment.objects.count()

    @transactional
    def add(self, numbers: range, chance: random.Random) -> None:
        shipments = [self._shipment(number, chance) for number in numbers]
        Shipment.objects.bulk_create(shipments)
        CarrierCall.objects.bulk_create(self._call(one) for one in shipments)
        TrackingPoll.objects.bulk_create(TrackingPoll(shipment=one, finished_at=one.delivered_at) for one in shipments)
        TrackingEvent.objects.bulk_create(
            self._scan(one, place, status) for one in shipments for place, status in enumerate(_SCANS)
        )

    def _shipment(self, number: int, chance: random.Random) -> Shipment:
        order_id, created = generated_id("order", number), self.moment(number)
        delivered = created + timedelta(hours=len(_SCANS))
        return Shipment(
            id=generated_id("shipment", number),
            reference=f"{order_id}/1",
            direction=Direction.OUTBOUND,
            status=ShipmentStatus.DELIVERED,
            order_id=order_id,
            customer_id=generated_id("customer", number // 8),
            number=f"SEED-{number}",
            carrier="sandbox",
            service="standard",
            address={"name": "Generated Customer", "city": "Vienna", "country": "AT"},
            lines=[{"sku": f"SEED-{number}-0", "quantity": 1, "name": "Generated thing"}],
            weight_grams=chance.randrange(100, 9_000),
            tracking_number=f"SEED{number}",
            latest_at=delivered,
            dispatched_at=created,
            delivered_at=delivered,
            created_at=created,
            updated_at=delivered,
        )

    def _call(self, shipment: Shipment) -> CarrierCall:
        return CarrierCall(
            shipment=shipment,
            operation=Operation.CREATE,
            state=CallState.SUCCEEDED,
            finished_at=shipment.created_at,
            created_at=shipment.created_at,
        )

    def _scan(self, shipment: Shipment, place: int, status: TrackingStatus) -> TrackingEvent:
        at = shipment.created_at + timedelta(hours=place)
        return TrackingEvent(
            shipment=shipment,
            carrier_event_id=status,
            status=status,
            description="Generated",
            occurred_at=at,
            recorded_at=at,
        )
