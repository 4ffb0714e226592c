"""Manual shipping, without an account at a carrier: staff mail the parcels and record their progress by hand.

The label is a packing slip, and its tracking number is our own reference. Nothing leaves the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shipping.domain.carrier_call import BoughtLabel, Parcel
from shipping.domain.tracking import TrackingEvent, TrackingUpdate
from shipping.providers.port import WebhookNotReadable, WebhookNotTrusted


class ManualCarrier:
    """Implements `port.Carrier`."""

    def create(self, parcel: Parcel, *, key: UUID) -> BoughtLabel:
        return BoughtLabel(
            tracking_number=parcel.reference,
            tracking_url="",
            media_type="text/plain",
            document=_slip(parcel).encode(),
        )

    def find(self, reference: str) -> BoughtLabel | None:
        """Find nothing: a slip may be written again."""
        return None

    def cancel(self, tracking_number: str, *, key: UUID) -> None:
        """Do nothing: a slip costs nothing."""

    def track(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        return ()

    def read_webhook(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> TrackingUpdate:
        raise WebhookNotTrusted

    def update_of(self, body: bytes) -> TrackingUpdate:
        raise WebhookNotReadable


def from_settings() -> ManualCarrier:
    return ManualCarrier()


def _slip(parcel: Parcel) -> str:
    address = [f"{value}" for value in parcel.address.values() if value]
    lines = [f"{line.get('quantity', '')} x {line.get('sku', '')}" for line in parcel.lines]
    head = f"Order {parcel.number}, parcel {parcel.reference}: {parcel.carrier} {parcel.service}"
    return "\n".join([head, "", *address, "", *lines, f"{parcel.weight_grams} g", ""])
