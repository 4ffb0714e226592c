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

from chassis.core.money import Money


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
class AmountDiffered(Fact):
    """Never sent: what an order makes of a payment of another amount than its total."""

    kind: ClassVar[str] = "payment.amount_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact(Fact):
    """About one refund: `refund_id` is the order's id for a cancellation, else the return's.

    `attempt`: a refund that was refused is asked for again with a higher one.
    """

    refund_id: UUID
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(RefundFact):
    kind: ClassVar[str] = "payment.refunded"
    amount: Money
    refunded_total: Money
    reason: str = ""

    @property
    def key(self) -> str:
        return numbered(f"{self.kind}:{self.refund_id}", self.attempt)


#: It had succeeded, and the bank has taken it back.
REFUND_REVERSED = "refund_reversed"
#: Another refund is under way: this one is asked for again when that has ended.
REFUND_EXCEEDS_CAPTURED = "refund_exceeds_captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefundFailed(RefundFact):
    kind: ClassVar[str] = "payment.refund_failed"
    code: str
    message: str
    refunded_total: Money | None = None

    @property
    def key(self) -> str:
        return numbered(f"{self.kind}:{self.refund_id}", self.attempt)


def numbered(key: str, attempt: int) -> str:
    """Return the key of a later attempt; that of the first one has no number."""
    return key if attempt == 1 else f"{key}:{attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFact(Fact):
    """About one parcel; an order that is sent again gets another one, whose `attempt` is higher."""

    attempt: int = 1

    @property
    def key(self) -> str:
        return numbered(self.kind, self.attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCreated(ParcelFact):
    kind: ClassVar[str] = "shipment.created"
    carrier: str
    tracking_number: str
    tracking_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDispatched(ParcelFact):
    kind: ClassVar[str] = "shipment.dispatched"
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentProgressed(ParcelFact):
    """A carrier's scan on the way; it changes no state."""

    kind: ClassVar[str] = "shipment.progressed"
    status: str
    description: str
    location: str = ""
    occurred_at: datetime

    @property
    def key(self) -> str:
        return numbered(f"{self.kind}:{self.status}:{self.occurred_at:%Y%m%dT%H%M%S}", self.attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDelivered(ParcelFact):
    kind: ClassVar[str] = "shipment.delivered"
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentReturned(ParcelFact):
    """It could not be delivered, and is with us again."""

    kind: ClassVar[str] = "shipment.returned"
    reason: str
    returned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentLost(ParcelFact):
    """`reason`: lost or damaged."""

    kind: ClassVar[str] = "shipment.lost"
    reason: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCanceled(ParcelFact):
    """`by`: the shop, or the carrier without being asked."""

    kind: ClassVar[str] = "shipment.canceled"
    by: str = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCancelRefused(ParcelFact):
    kind: ClassVar[str] = "shipment.cancel_refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentFailed(ParcelFact):
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
class ReturnLabelFailed(ReturnFact):
    """There is no label, or its parcel is lost; `attempt` counts the labels of one return."""

    kind: ClassVar[str] = "return_shipment.failed"
    code: str
    message: str
    attempt: int = 1

    @property
    def key(self) -> str:
        return numbered(self.kind, self.attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRestocked(ReturnFact):
    kind: ClassVar[str] = "stock.restocked"
