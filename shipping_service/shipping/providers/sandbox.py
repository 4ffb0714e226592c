"""The adapter of the sandbox courier (`sandbox/sandbox/courier`), over HTTP with time limits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
import msgspec
from django.conf import settings

from shipping.domain.carrier_call import BoughtLabel, Parcel
from shipping.domain.shipment_data import Direction
from shipping.domain.tracking import TrackingEvent, TrackingStatus, TrackingUpdate
from shipping.providers.port import (
    CarrierRefused,
    NoAnswer,
    WebhookNotReadable,
    WebhookNotTrusted,
)

Shape = TypeVar("Shape")

SIGNATURE = "Courier-Signature"
#: How old, or how far ahead, a webhook's time may be.
TOLERANCE_SECONDS = 300

#: The courier's statuses in ours. An unknown one is an exception: the customer reads it, and the state stays.
STATUSES: Mapping[str, TrackingStatus] = {
    "label_created": TrackingStatus.LABEL_CREATED,
    "picked_up": TrackingStatus.PICKED_UP,
    "in_transit": TrackingStatus.IN_TRANSIT,
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "attempt_failed": TrackingStatus.EXCEPTION,
    "delivered": TrackingStatus.DELIVERED,
    "received": TrackingStatus.DELIVERED,
    "returned_to_sender": TrackingStatus.RETURNED,
    "lost": TrackingStatus.LOST,
    "damaged": TrackingStatus.DAMAGED,
    "canceled": TrackingStatus.CANCELED,
}


class _Event(msgspec.Struct):
    id: str
    status: str
    description: str
    location: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]

    def translated(self) -> TrackingEvent:
        return TrackingEvent(
            id=_clean(self.id)[:100],
            status=STATUSES.get(self.status, TrackingStatus.EXCEPTION),
            description=_clean(self.description)[:300],
            location=_clean(self.location)[:200],
            occurred_at=self.occurred_at,
        )


class _Shipment(msgspec.Struct):
    tracking_number: str
    tracking_url: str
    status: str
    label: dict[str, str]

    def translated(self) -> BoughtLabel:
        try:
            document = base64.b64decode(self.label["content"], validate=True)
            media_type = self.label["media_type"]
        except (KeyError, binascii.Error) as error:
            raise NoAnswer(f"the label cannot be read: {error!r}") from error
        return BoughtLabel(
            tracking_number=self.tracking_number,
            tracking_url=self.tracking_url,
            media_type=media_type,
            document=document,
        )


class _Found(msgspec.Struct):
    shipments: list[_Shipment]


class _Tracking(msgspec.Struct):
    events: list[_Event]


class _WebhookData(msgspec.Struct):
    tracking_number: str
    reference: str
    event: _Event


class _Webhook(msgspec.Struct):
    id: str
    data: _WebhookData


class SandboxCarrier:
    """Implements `port.Carrier`."""

    def __init__(self, *, url: str, api_key: str, webhook_secret: str, timeout: float) -> None:
        self._secret = webhook_secret.encode()
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=httpx.Timeout(timeout, connect=2.0),
        )

    def create(self, parcel: Parcel, *, key: UUID) -> BoughtLabel:
        body = {
            "reference": parcel.reference,
            "kind": "return" if parcel.direction is Direction.RETURN else "outbound",
            "carrier": parcel.carrier,
            "service": parcel.service,
            "order_number": parcel.number,
            "address": dict(parcel.address),
            "weight_grams": parcel.weight_grams,
            "contents": [dict(line) for line in parcel.lines],
        }
        return self._request(
            _Shipment, "POST", "/shipments/", json=body, headers={"Idempotency-Key": str(key)}
        ).translated()

    def find(self, reference: str) -> BoughtLabel | None:
        found = self._request(_Found, "GET", "/shipments/", params={"reference": reference}).shipments
        found.sort(key=lambda shipment: shipment.status == "canceled")
        return found[0].translated() if found else None

    def cancel(self, tracking_number: str, *, key: UUID) -> None:
        path = f"/shipments/{tracking_number}/cancel/"
        self._request(_Shipment, "POST", path, headers={"Idempotency-Key": str(key)})

    def track(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        events = self._request(_Tracking, "GET", f"/shipments/{tracking_number}/tracking/").events
        return tuple(event.translated() for event in events)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> TrackingUpdate:
        self._verify(headers.get(SIGNATURE, ""), body, now)
        return self.update_of(body)

    def update_of(self, body: bytes) -> TrackingUpdate:
        try:
            webhook = msgspec.json.decode(body, type=_Webhook)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WebhookNotReadable from error
        if not 0 < len(webhook.id) <= 100 or "\0" in webhook.id:
            raise WebhookNotReadable
        data = webhook.data
        return TrackingUpdate(
            id=webhook.id,
            reference=_clean(data.reference),
            tracking_number=_clean(data.tracking_number),
            events=(data.event.translated(),),
        )

    def _verify(self, signature: str, body: bytes, now: datetime) -> None:
        """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
        parts = dict(part.partition("=")[::2] for part in signature.split(","))
        stamp, given = parts.get("t", ""), parts.get("v1", "")
        if not (self._secret and stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and given.isascii()):
            raise WebhookNotTrusted
        right = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given, right) or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
            raise WebhookNotTrusted

    def _request(self, shape: type[Shape], method: str, path: str, **request: Any) -> Shape:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise NoAnswer(f"{method} {path}: {error!r}") from error
        if answer.status_code in {400, 404, 409, 422}:
            raise _refusal(answer)
        if answer.status_code >= 300:
            raise NoAnswer(f"{method} {path}: {answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except msgspec.MsgspecError as error:
            raise NoAnswer(f"{method} {path}: {error}") from error


def from_settings() -> SandboxCarrier:
    return SandboxCarrier(
        url=f"{settings.SANDBOX_URL}/courier",
        api_key=settings.COURIER_API_KEY,
        webhook_secret=settings.COURIER_WEBHOOK_SECRET,
        timeout=settings.CARRIER_TIMEOUT_SECONDS,
    )


def _clean(text: str) -> str:
    """Remove NUL, which PostgreSQL cannot store in a text."""
    return text.replace("\0", "")


def _refusal(answer: httpx.Response) -> CarrierRefused:
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any])
        return CarrierRefused(str(said["code"])[:64], str(said["message"])[:500])
    except (msgspec.MsgspecError, KeyError):
        return CarrierRefused("refused", f"The courier answered {answer.status_code}.")
