"""Tables, constraints, indexes; no rules."""

from shipping.models.catalogue import ProductSeen, VariantWeight
from shipping.models.rates import CarrierService, Rate, RateTable, Zone, ZoneCountry
from shipping.models.shipments import CarrierCall, Label, Shipment, TrackingEvent, TrackingPoll
from shipping.models.webhooks import CarrierWebhook

__all__ = [
    "CarrierCall",
    "CarrierService",
    "CarrierWebhook",
    "Label",
    "ProductSeen",
    "Rate",
    "RateTable",
    "Shipment",
    "TrackingEvent",
    "TrackingPoll",
    "VariantWeight",
    "Zone",
    "ZoneCountry",
]
