"""The shapes of requests and responses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chassis.fields import PlaceInput, SkuField
from chassis.http.api import MoneyField, StrictSerializer
from shipping.domain.quote import Option
from shipping.models import Shipment, TrackingEvent


class QuoteLineInput(StrictSerializer):
    sku = SkuField()
    quantity = serializers.IntegerField(min_value=1, max_value=1000)


class QuoteInput(StrictSerializer):
    """The destination and the lines of a request for quotes. Repeated SKUs are added up."""

    address = PlaceInput()
    lines = QuoteLineInput(many=True, allow_empty=False, max_length=100)  # type: ignore[call-arg]


class MoneySchema(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units: cents.")
    currency = serializers.CharField()


@extend_schema_field(MoneySchema)
class PriceField(MoneyField):
    pass


class OptionOutput(serializers.Serializer[Option]):
    quote = serializers.CharField(help_text="Signed; give it to the order as `shipping_quote`.")
    carrier = serializers.CharField()
    service = serializers.CharField()
    name = serializers.CharField()
    price = PriceField()
    delivery_days = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class TrackingEventOutput(serializers.ModelSerializer[TrackingEvent]):
    class Meta:
        model = TrackingEvent
        fields = ("status", "description", "location", "occurred_at")


class ShipmentOutput(serializers.ModelSerializer[Shipment]):
    class Meta:
        model = Shipment
        fields = (
            "id",
            "direction",
            "status",
            "order_id",
            "return_id",
            "number",
            "carrier",
            "service",
            "tracking_number",
            "tracking_url",
            "label_url",
            "dispatched_at",
            "delivered_at",
            "created_at",
        )


class ShipmentDetailOutput(ShipmentOutput):
    timeline = TrackingEventOutput(many=True, help_text="Oldest first.")

    class Meta:
        model = Shipment
        fields = (*ShipmentOutput.Meta.fields, "timeline")


class KeysOutput(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
