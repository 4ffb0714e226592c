"""What we ask of any carrier, in our words. An adapter translates; nothing outside of it knows the carrier's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from shipping.domain.shipment import Direction
from shipping.domain.tracking import TrackingEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """`reference` is ours and unique: by it we find the parcel again when an answer got lost.

    `address` is the customer's: where an outbound parcel goes, and where a return comes from.
    """

    reference: str
    direction: Direction
    carrier: str
    service: str
    number: str
    address: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    weight_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtLabel:
    tracking_number: str
    tracking_url: str
    media_type: str
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierNews:
    """A webhook: `id` is the carrier's, the same when it is sent again."""

    id: str
    reference: str
    tracking_number: str
    events: tuple[TrackingEvent, ...]


class CarrierRefused(Exception):
    """A clear no: nothing was done, and the same request will get the same answer."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


class NoAnswer(Exception):
    """A time-out, a lost connection, an error on their side: it may have been done or not."""


class WebhookNotTrusted(DomainError):
    """The signature is missing, wrong or too old."""

    code, kind = "webhook_not_trusted", Kind.UNAUTHENTICATED


class WebhookNotReadable(DomainError):
    """The carrier's message could not be read."""

    code = "webhook_not_readable"


class Carrier(Protocol):
    """Every call ends within a few seconds, and raises CarrierRefused or NoAnswer and nothing else."""

    def create(self, parcel: Parcel, *, key: UUID) -> BoughtLabel:
        """Buy a label. The same `key` again gives the same label."""

    def find(self, reference: str) -> BoughtLabel | None:
        """The label that was bought for `reference`, if it was."""

    def cancel(self, tracking_number: str, *, key: UUID) -> None:
        """Give the label back. Once more for a canceled one is no error; after pick-up it is refused."""

    def track(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """All that has happened so far."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> CarrierNews:
        """Raises WebhookNotTrusted, WebhookNotReadable."""

    def news_of(self, body: bytes) -> CarrierNews:
        """What a body says that `read_webhook` has accepted before."""
