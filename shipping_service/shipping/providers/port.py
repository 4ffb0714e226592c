"""The interface that every carrier's adapter implements, in terms common to all carriers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from shipping.domain.carrier_call import BoughtLabel, Parcel
from shipping.domain.tracking import TrackingEvent, TrackingUpdate


class CarrierRefused(Exception):
    """A definite no: nothing was done, and the same request will get the same answer."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


class NoAnswer(Exception):
    """A time-out, a lost connection, an error at the carrier: it is unknown whether the request was carried out."""


class WebhookNotTrusted(DomainError):
    """The signature is missing, wrong or too old."""

    code, kind = "webhook_not_trusted", Kind.UNAUTHENTICATED


class WebhookNotReadable(DomainError):
    """The carrier's message could not be read."""

    code = "webhook_not_readable"


class Carrier(Protocol):
    """A carrier. Every call ends within CARRIER_TIMEOUT_SECONDS, and raises only CarrierRefused or NoAnswer."""

    def create(self, parcel: Parcel, *, key: UUID) -> BoughtLabel:
        """Buy a label. The same `key` again gives the same label."""

    def find(self, reference: str) -> BoughtLabel | None:
        """Return the label that was bought for `reference`, or None."""

    def cancel(self, tracking_number: str, *, key: UUID) -> None:
        """Cancel the label. A canceled one may be canceled again; after pick-up it is refused."""

    def track(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Return all tracking events so far."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> TrackingUpdate:
        """Verify the webhook and return its content. Raises WebhookNotTrusted, WebhookNotReadable."""

    def update_of(self, body: bytes) -> TrackingUpdate:
        """Return the content of a body that `read_webhook` has verified before. Raises WebhookNotReadable."""
