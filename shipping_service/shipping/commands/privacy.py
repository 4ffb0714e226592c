"""Personal data: erase it once no parcel is on its way, and export a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q

from chassis.privacy.messages import Erased, PersonalData
from chassis.transactions import transactional
from shipping.domain.shipment import ENDED
from shipping.domain.shipment_data import ShipmentStatus
from shipping.events_out import ErasureReport, ExportContribution
from shipping.models import CarrierCall, CarrierWebhook, Label, Shipment, TrackingEvent
from shipping.repository import shipments

#: How long staff may retry a parcel that the carrier refused.
_TRIED_AGAIN = timedelta(days=30)
#: Shipments whose webhooks are searched in one statement.
_BATCH = 50


@transactional
def erase(user_id: UUID, now: datetime) -> Erased:
    """Erase ended shipments, which keep ids, weight and country, and their labels, which show the address."""
    mine = Shipment.objects.select_for_update().filter(customer_id=user_id).order_by("id")
    refused_lately = Q(status=ShipmentStatus.FAILED, updated_at__gte=now - _TRIED_AGAIN)
    over = Q(status__in=ENDED) & ~refused_lately
    ended = {shipment.id: shipment for shipment in mine.filter(over)}
    _forget_webhooks([shipment for shipment in ended.values() if shipment.tracking_number])
    for shipment in ended.values():
        country = shipment.address.get("country", "")
        Shipment.objects.filter(id=shipment.id).update(
            address={**dict.fromkeys(shipment.address, ""), "country": country} if shipment.address else {},
            tracking_url="",
            tracking_number=shipment.tracking_number if shipment.status == ShipmentStatus.LOST else "",
            label_url="",
            cancel_refusal="",
            failure_message="",
            end_reason="",
        )
    shipments.forget_loaded(ended)
    Label.objects.filter(shipment_id__in=ended).delete()
    TrackingEvent.objects.filter(shipment_id__in=ended).update(description="", location="")
    CarrierCall.objects.filter(shipment_id__in=ended).update(error="")
    on_their_way = mine.exclude(id__in=ended).count()
    return Erased(
        erased="labels, what carriers have sent",
        anonymized="parcels: no name, street, town, telephone number, tracking number or place",
        kept="ids, weight, country and times of each parcel: bills of carriers are checked by them",
        waits_for=f"{on_their_way} parcels that are under way" if on_their_way else "",
    )


def _forget_webhooks(ended: list[Shipment]) -> None:
    """Empty the webhooks about these shipments that do not wait to be processed."""
    for start in range(0, len(ended), _BATCH):
        some = ended[start : start + _BATCH]
        names = [name for shipment in some for name in (shipment.tracking_number, shipment.reference)]
        about = reduce(or_, (Q(body__contains=name) for name in names))
        CarrierWebhook.objects.filter(about, due_at=None).update(body="", error="")


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return shipments and their tracking events."""
    parcels = Shipment.objects.filter(customer_id=user_id).order_by("created_at", "id")
    tracking = TrackingEvent.objects.filter(shipment__customer_id=user_id).order_by("shipment_id", "occurred_at")
    return {
        "shipments": parcels.values(
            "id",
            "order_id",
            "number",
            "direction",
            "status",
            "carrier",
            "service",
            "address",
            "lines",
            "tracking_number",
            "dispatched_at",
            "delivered_at",
            "created_at",
        ),
        "tracking": tracking.values("shipment_id", "status", "description", "location", "occurred_at"),
    }


def references(user_id: UUID) -> Iterable[UUID]:
    """Yield the orders and returns that messages about the person's shipments refer to."""
    for order_id, return_id in Shipment.objects.filter(customer_id=user_id).values_list("order_id", "return_id"):
        yield order_id
        if return_id:
            yield return_id


PERSONAL_DATA = PersonalData(
    erase=erase, collect=collect, references=references, receipt=ErasureReport, contribution=ExportContribution
)
