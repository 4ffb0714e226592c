"""Reads for the API, the admin and the commands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Count, QuerySet
from django.urls import reverse
from prometheus_client.core import GaugeMetricFamily

from chassis import statements
from chassis.core.money import Money
from shipping import models
from shipping.domain.rates import Band
from shipping.domain.shipment import FINAL
from shipping.domain.shipment_data import Direction

_label_signer = TimestampSigner(salt="shipping.return_label")


def weights_of(skus: Collection[str]) -> dict[str, int]:
    """Return the weights in grams by SKU; unknown ones are missing."""
    found = statements.rows_by(models.VariantWeight, "sku", skus)
    return {row["sku"]: row["weight_grams"] for row in found}


def bands_to(country: str, *, now: datetime) -> list[Band]:
    """Return all rates to a country from the rate table that applies. One statement."""
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
    """Return the shipments of a customer, returns included."""
    return models.Shipment.objects.filter(customer_id=customer_id)


def shipment_with_timeline(shipment_id: UUID, *, customer_id: UUID) -> models.Shipment | None:
    return shipments_of(customer_id).filter(id=shipment_id).prefetch_related("timeline").first()


def return_label(shipment_id: UUID, *, customer_id: UUID | None, signature: str) -> models.Label | None:
    """Return the label of a return, for its sender or for the holder of the signed link. Outbound labels are not shown.

    The link expires with the return, or after RETURN_LABEL_LINK_SECONDS: the label shows the sender's address.
    """
    found = models.Label.objects.filter(shipment_id=shipment_id, shipment__direction=Direction.RETURN)
    if _is_signed(shipment_id, signature):
        return found.exclude(shipment__status__in=FINAL).first()
    return found.filter(shipment__customer_id=customer_id).first() if customer_id else None


def label_link(shipment_id: UUID) -> str:
    """Return a link that opens the label without sign-in, to be mailed."""
    signature = _label_signer.sign(str(shipment_id)).partition(":")[2]
    return f"{settings.PUBLIC_URL}{reverse('shipment-label', args=[shipment_id])}?signature={signature}"


def _is_signed(shipment_id: UUID, signature: str) -> bool:
    try:
        _label_signer.unsign(f"{shipment_id}:{signature}", max_age=settings.RETURN_LABEL_LINK_SECONDS)
    except BadSignature:
        return False
    return True


def shipment_figures() -> Iterator[GaugeMetricFamily]:
    """Yield `souk_shipments` and `souk_carrier_calls_waiting`."""
    shipments = GaugeMetricFamily("souk_shipments", "Shipments by state.", labels=["direction", "status"])
    groups = models.Shipment.objects.order_by().values_list("direction", "status")
    for direction, status, count in groups.annotate(count=Count("id")):
        shipments.add_metric([direction, status], count)
    yield shipments
    waiting = models.CarrierCall.objects.filter(finished_at=None).count()
    yield GaugeMetricFamily("souk_carrier_calls_waiting", "Carrier calls without an answer yet.", value=waiting)
