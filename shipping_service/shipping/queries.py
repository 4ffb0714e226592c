"""Reads for the API, the admin and the commands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import DatabaseError
from django.db.models import Count, QuerySet
from django.urls import reverse
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.money import Money
from shipping import models
from shipping.domain.rates import Band
from shipping.domain.shipment import Direction

_label_signer = Signer(salt="shipping.label")


def weights_of(skus: Collection[str]) -> dict[str, int]:
    """Grams by SKU, of those that we know."""
    found = models.VariantWeight.objects.filter(sku__in=list(skus))
    return dict(found.values_list("sku", "weight_grams"))


def bands_to(country: str, *, now: datetime) -> list[Band]:
    """All rates to a country, of the table that is in force. One statement."""
    in_force = models.RateTable.objects.filter(valid_from__lte=now).order_by("-valid_from", "-version").values("id")[:1]
    rates = models.Rate.objects.filter(
        table_id=in_force, zone__countries__country=country, service__active=True
    ).values_list(
        "service__carrier",
        "service__code",
        "service__name",
        "max_weight_grams",
        "price_amount",
        "currency",
        "delivery_days",
    )
    return [
        Band(
            carrier=carrier,
            service=code,
            name=name,
            max_weight_grams=grams,
            price=Money(amount, currency),
            delivery_days=days,
        )
        for carrier, code, name, grams, amount, currency, days in rates.order_by()
    ]


def shipments_of(customer_id: UUID) -> QuerySet[models.Shipment]:
    """A customer's own, there and back."""
    return models.Shipment.objects.filter(customer_id=customer_id)


def shipment_with_timeline(shipment_id: UUID, *, customer_id: UUID) -> models.Shipment | None:
    return shipments_of(customer_id).filter(id=shipment_id).prefetch_related("timeline").first()


def return_label(shipment_id: UUID, *, customer_id: UUID | None, signature: str) -> models.Label | None:
    """The label of a return, for its sender or for whoever was given the link. Labels of ours are not shown."""
    found = models.Label.objects.filter(shipment_id=shipment_id, shipment__direction=Direction.RETURN)
    if not _is_signed(shipment_id, signature):
        if customer_id is None:
            return None
        found = found.filter(shipment__customer_id=customer_id)
    return found.first()


def label_link(shipment_id: UUID) -> str:
    """Opens the label without sign-in, so that it can be mailed. It is one for each label, and stays."""
    signature = _label_signer.signature(str(shipment_id))
    return f"{settings.PUBLIC_URL}{reverse('shipment-label', args=[shipment_id])}?signature={signature}"


def _is_signed(shipment_id: UUID, signature: str) -> bool:
    try:
        _label_signer.unsign(f"{shipment_id}:{signature}")
    except BadSignature:
        return False
    return True


class ShipmentStates(Collector):
    """For `/metrics`: how many shipments are in each state, counted when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily("souk_shipments", "Shipments by state.", labels=["direction", "status"])
        unanswered = GaugeMetricFamily("souk_carrier_calls_waiting", "Carrier calls without an answer yet.")
        try:
            counted = models.Shipment.objects.values_list("direction", "status").annotate(count=Count("id")).order_by()
            for direction, status, count in counted:
                gauge.add_metric([direction, status], count)
            unanswered.add_metric([], models.CarrierCall.objects.filter(state="waiting").count())
        except DatabaseError:
            return
        yield gauge
        yield unanswered

    def describe(self) -> list[GaugeMetricFamily]:
        return []
