"""What other services tell us about an order: facts, which an order only ever gathers.

Each class is the shape in which `events_in` reads a message, so it names just the fields that are
used here. An order remembers a fact by its `key`. Facts are gathered in a set, and a set does not
care in which order, how late or how often its members came: so handling them is commutative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads, types_read
from chassis.core.money import Money


class FactKind:
    """The type of the messages that carry a fact, without its version: `stock.reserved`."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __get__(self, fact: object, shape: type[Fact]) -> str:
        return self._name or types_read(shape)[0].rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact about an order, stated by the service that owns it."""

    kind = FactKind()
    order_id: UUID

    @property
    def key(self) -> str:
        return self.kind


@reads("stock.reserved.v1")
class StockReserved(Fact):
    """All units of the order are reserved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Of `requested` units only `available` are there."""

    sku: str
    requested: int
    available: int


@reads("stock.rejected.v1")
class StockRejected(Fact):
    """To a reservation, or to an allocation whose hold had run out: nothing is held."""

    lines: tuple[Shortage, ...]


@reads("stock.allocated.v1")
class StockAllocated(Fact):
    """The reserved units are committed to the order."""


@reads("stock.released.v1")
class StockReleased(Fact):
    """No units are reserved or allocated any longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFact(Fact):
    """Holds for one attempt to pay; a later attempt makes it history."""

    attempt: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.attempt}"


@reads("payment.authorized.v1")
class PaymentAuthorized(Fact):
    """By whichever attempt: the money is held, and that is what counts."""

    amount: Money


@reads("payment.action_required.v1")
class PaymentActionRequired(AttemptFact):
    action_url: str


@reads("payment.declined.v1")
class PaymentDeclined(AttemptFact):
    code: str
    message: str


@reads("payment.captured.v1")
class PaymentCaptured(Fact):
    amount: Money


@reads("payment.capture_failed.v1")
class PaymentCaptureFailed(Fact):
    code: str
    message: str


@reads("payment.voided.v1")
class PaymentVoided(Fact):
    """No payment of the order is open any longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountDiffered(Fact):
    """Never sent: what an order makes of a payment of another amount than its total."""

    kind = FactKind("payment.amount_differs")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact(Fact):
    """About one refund: `refund_id` is the order's id for a cancellation, else the return's.

    `attempt`: a refund that was refused is asked for again with a higher one.
    """

    refund_id: UUID
    attempt: int = 1


@reads("payment.refunded.v1")
class PaymentRefunded(RefundFact):
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


@reads("payment.refund_failed.v1")
class PaymentRefundFailed(RefundFact):
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


@reads("shipment.created.v1")
class ShipmentCreated(ParcelFact):
    carrier: str
    tracking_number: str
    tracking_url: str


@reads("shipment.dispatched.v1")
class ShipmentDispatched(ParcelFact):
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@reads("shipment.progressed.v1")
class ShipmentProgressed(ParcelFact):
    """A carrier's scan on the way; it changes no state."""

    status: str
    description: str
    location: str = ""
    occurred_at: datetime

    @property
    def key(self) -> str:
        return numbered(f"{self.kind}:{self.status}:{self.occurred_at:%Y%m%dT%H%M%S}", self.attempt)


@reads("shipment.delivered.v1")
class ShipmentDelivered(ParcelFact):
    delivered_at: datetime


@reads("shipment.returned.v1")
class ShipmentReturned(ParcelFact):
    """It could not be delivered, and is with us again."""

    reason: str
    returned_at: datetime


@reads("shipment.lost.v1")
class ShipmentLost(ParcelFact):
    """`reason`: lost or damaged."""

    reason: str
    occurred_at: datetime


@reads("shipment.canceled.v1")
class ShipmentCanceled(ParcelFact):
    """`by`: the shop, or the carrier without being asked."""

    by: str = "shop"


@reads("shipment.cancel_refused.v1")
class ShipmentCancelRefused(ParcelFact):
    reason: str


@reads("shipment.failed.v1")
class ShipmentFailed(ParcelFact):
    code: str
    message: str


# About a return


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFact(Fact):
    return_id: UUID


@reads("return_shipment.created.v1")
class ReturnLabelCreated(ReturnFact):
    label_url: str
    tracking_number: str


@reads("return_shipment.received.v1")
class ReturnArrived(ReturnFact):
    """The parcel of the return arrived."""


@reads("return_shipment.failed.v1")
class ReturnLabelFailed(ReturnFact):
    """There is no label, or its parcel is lost; `attempt` counts the labels of one return."""

    code: str
    message: str
    attempt: int = 1

    @property
    def key(self) -> str:
        return numbered(self.kind, self.attempt)


@reads("stock.restocked.v1")
class StockRestocked(ReturnFact):
    """The units of the return are for sale again."""
