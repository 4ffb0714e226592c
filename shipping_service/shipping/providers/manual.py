"""No carrier's account: staff pack, take the parcel to a post office, and book by hand what becomes of it.

The label is a slip for the parcel. Its number is our own reference, so that nothing here leaves the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shipping.domain.tracking import TrackingEvent
from shipping.providers.port import BoughtLabel, CarrierNews, Parcel, WebhookNotReadable, WebhookNotTrusted


class ManualCarrier:
    """A `Carrier`."""

    def create(self, parcel: Parcel, *, key: UUID) -> BoughtLabel:
        return BoughtLabel(
            tracking_number=parcel.reference,
            tracking_url="",
            media_type="text/plain",
            document=_slip(parcel).encode(),
        )

    def find(self, reference: str) -> BoughtLabel | None:
        """Nothing is kept outside of our own tables; a slip is written anew."""
        return None

    def cancel(self, tracking_number: str, *, key: UUID) -> None:
        """A slip costs nothing: it is thrown away."""

    def track(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        return ()

    def read_webhook(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> CarrierNews:
        raise WebhookNotTrusted

    def news_of(self, body: bytes) -> CarrierNews:
        raise WebhookNotReadable


def from_settings() -> ManualCarrier:
    return ManualCarrier()


def _slip(parcel: Parcel) -> str:
    address = [f"{value}" for value in parcel.address.values() if value]
    lines = [f"{line.get('quantity', '')} x {line.get('sku', '')}" for line in parcel.lines]
    head = f"Order {parcel.number}, parcel {parcel.reference}: {parcel.carrier} {parcel.service}"
    return "\n".join([head, "", *address, "", *lines, f"{parcel.weight_grams} g", ""])
