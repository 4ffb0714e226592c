"""What other services tell us about an order: facts, which an order only ever gathers.

Each class is the shape in which `events_in` reads a message, so it names just the fields that are
used here. An order remembers a fact by its `key`. Facts are gathered in a set, and a set does not
care in which order, how late or how often its members came: so handling them is commutative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is so, said by the service that knows."""

    kind: ClassVar[str]
    order_id: UUID

    @property
    def key(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReserved(Fact):
    kind: ClassVar[str] = "stock.reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Of `requested` units only `available` are there."""

    sku: str
    requested: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRejected(Fact):
    """To a reservation, or to an allocation whose hold had run out: nothing is held."""

    kind: ClassVar[str] = "stock.rejected"
    lines: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAllocated(Fact):
    kind: ClassVar[str] = "stock.allocated"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReleased(Fact):
    kind: ClassVar[str] = "stock.released"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFact(Fact):
    """Holds for one attempt to pay; a later attempt makes it history."""

    attempt: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(Fact):
    """By whichever attempt: the money is held, and that is what counts."""

    kind: ClassVar[str] = "payment.authorized"
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentActionRequired(AttemptFact):
    kind: ClassVar[str] = "payment.action_required"
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(AttemptFact):
    kind: ClassVar[str] = "payment.declined"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(Fact):
    kind: ClassVar[str] = "payment.captured"
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptureFailed(Fact):
    kind: ClassVar[str] = "payment.capture_failed"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided(Fact):
    kind: ClassVar[str] = "payment.voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact(Fact):
    """About one refund: `refund_id` is the order's id for a cancellation, else the return's."""

    refund_id: UUID

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.refund_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(RefundFact):
    kind: ClassVar[str] = "payment.refunded"
    amount: Money
    refunded_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefundFailed(RefundFact):
    kind: ClassVar[str] = "payment.refund_failed"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCreated(Fact):
    kind: ClassVar[str] = "shipment.created"
    carrier: str
    tracking_number: str
    tracking_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDispatched(Fact):
    kind: ClassVar[str] = "shipment.dispatched"
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentProgressed(Fact):
    """A carrier's scan on the way; it changes no state."""

    kind: ClassVar[str] = "shipment.progressed"
    status: str
    description: str
    location: str = ""
    occurred_at: datetime

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.status}:{self.occurred_at:%Y%m%dT%H%M%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDelivered(Fact):
    kind: ClassVar[str] = "shipment.delivered"
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCanceled(Fact):
    kind: ClassVar[str] = "shipment.canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCancelRefused(Fact):
    kind: ClassVar[str] = "shipment.cancel_refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentFailed(Fact):
    kind: ClassVar[str] = "shipment.failed"
    code: str
    message: str


# About a return


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFact(Fact):
    return_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelCreated(ReturnFact):
    kind: ClassVar[str] = "return_shipment.created"
    label_url: str
    tracking_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnArrived(ReturnFact):
    kind: ClassVar[str] = "return_shipment.received"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRestocked(ReturnFact):
    kind: ClassVar[str] = "stock.restocked"
