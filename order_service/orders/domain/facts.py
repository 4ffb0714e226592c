"""The facts that other services state about an order or a return.

Each class declares the fields that `events_in` reads of a message. An order keeps the set of the keys of the facts
that it knows. A set does not depend on the order, the delay or the number of its messages, so handling is commutative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.core.money import Money
from orders.domain.fact_kind import FactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact about an order, stated by the service that owns it."""

    kind = FactKind()
    order_id: UUID

    @property
    def key(self) -> str:
        """The key under which an order keeps this fact."""
        return self.kind

    @property
    def key_in_return(self) -> str:
        """The key under which a return keeps this fact; the return is the only one of its kind, so it has no id."""
        return self.kind


@reads("stock.reserved.v1")
class StockReserved(Fact):
    """All units of the order are reserved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A SKU of which fewer units are available than requested."""

    sku: str
    requested: int
    available: int


@reads("stock.rejected.v1")
class StockRejected(Fact):
    """A reservation, or an allocation whose hold had expired, was refused; no units are held."""

    lines: tuple[Shortage, ...]


@reads("stock.allocated.v1")
class StockAllocated(Fact):
    """The reserved units are committed to the order."""


@reads("stock.released.v1")
class StockReleased(Fact):
    """No units are reserved or allocated any longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFact(Fact):
    """A fact about one attempt to pay; a later attempt supersedes it."""

    attempt: int

    @property
    def key(self) -> str:
        return self.key_of_attempt(self.attempt)

    @classmethod
    def key_of_attempt(cls, attempt: int) -> str:
        return f"{cls.kind}:{attempt}"


@reads("payment.authorized.v1")
class PaymentAuthorized(Fact):
    """The money is held, whichever attempt succeeded."""

    amount: Money


@reads("payment.action_required.v1")
class PaymentActionRequired(AttemptFact):
    action_url: str
    instructions: str = ""


@reads("payment.declined.v1")
class PaymentDeclined(AttemptFact):
    code: str
    message: str


@reads("payment.deferred.v1")
class PaymentDeferred(Fact):
    """The money comes after the delivery; the order goes on without it."""


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
    """The order's own fact: the payment fact `stated` had another `amount` than the order's total. Never a message."""

    kind = FactKind("payment.amount_differs")
    stated: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact(Fact):
    """A fact about one refund. `refund_id`: the order's id for a cancellation, the return's id for a return.

    `attempt`: a refused refund is requested again with a higher one.
    """

    refund_id: UUID
    attempt: int = 1

    @property
    def key(self) -> str:
        return self.key_of_refund(self.refund_id, self.attempt)

    @classmethod
    def key_of_refund(cls, refund_id: UUID, attempt: int) -> str:
        return _numbered(f"{cls.kind}:{refund_id}", attempt)


@reads("payment.refunded.v1")
class PaymentRefunded(RefundFact):
    amount: Money
    refunded_total: Money
    reason: str = ""


#: Code: the refund had succeeded, and the bank reversed it.
REFUND_REVERSED = "refund_reversed"
#: Code: another refund is in progress; this one is requested again when that one has ended.
REFUND_EXCEEDS_CAPTURED = "refund_exceeds_captured"


@reads("payment.refund_failed.v1")
class PaymentRefundFailed(RefundFact):
    code: str
    message: str
    refunded_total: Money | None = None

    @property
    def key_in_return(self) -> str:
        return self.key_of_attempt_in_return(self.attempt)

    @classmethod
    def key_of_attempt_in_return(cls, attempt: int) -> str:
        return _numbered(cls.kind, attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFact(Fact):
    """A fact about one dispute: the customer's bank demands the money back."""

    dispute_id: UUID

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.dispute_id}"


@reads("payment.disputed.v1")
class PaymentDisputed(DisputeFact):
    """`respond_by`: until then staff can answer at the provider."""

    amount: Money
    reason: str = ""
    respond_by: datetime | None = None


@reads("payment.dispute_closed.v1")
class PaymentDisputeClosed(DisputeFact):
    """`outcome`: won or lost by the shop. `refunded_total` includes what was lost by disputes."""

    outcome: str
    amount: Money
    refunded_total: Money

    @property
    def key(self) -> str:
        return self.key_of_outcome(self.dispute_id, self.outcome)

    @classmethod
    def key_of_outcome(cls, dispute_id: UUID, outcome: str) -> str:
        return f"{cls.kind}:{dispute_id}:{outcome}"


def _numbered(key: str, attempt: int) -> str:
    """Return the key of an attempt; the first one has no number."""
    return key if attempt == 1 else f"{key}:{attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFact(Fact):
    """A fact about one parcel; an order that is sent again gets another one with a higher `attempt`."""

    attempt: int = 1

    @property
    def key(self) -> str:
        return self.key_of_parcel(self.attempt)

    @classmethod
    def key_of_parcel(cls, parcel: int) -> str:
        return _numbered(cls.kind, parcel)


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
    """A carrier's scan; it changes no state."""

    status: str
    description: str
    location: str = ""
    occurred_at: datetime

    @property
    def key(self) -> str:
        return _numbered(f"{self.kind}:{self.status}:{self.occurred_at:%Y%m%dT%H%M%S}", self.attempt)


@reads("shipment.delivered.v1")
class ShipmentDelivered(ParcelFact):
    delivered_at: datetime


@reads("shipment.returned.v1")
class ShipmentReturned(ParcelFact):
    """The parcel could not be delivered and came back."""

    reason: str
    returned_at: datetime


@reads("shipment.lost.v1")
class ShipmentLost(ParcelFact):
    """The parcel is lost or damaged, as `reason` says."""

    reason: str
    occurred_at: datetime


@reads("shipment.canceled.v1")
class ShipmentCanceled(ParcelFact):
    """`by`: `shop`, or `carrier` if nobody asked for it."""

    by: str = "shop"


@reads("shipment.cancel_refused.v1")
class ShipmentCancelRefused(ParcelFact):
    reason: str


@reads("shipment.failed.v1")
class ShipmentFailed(ParcelFact):
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFact(Fact):
    """A fact about a return."""

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
    """No label could be made, or its parcel is lost; `attempt` counts the labels of one return."""

    code: str
    message: str
    attempt: int = 1

    @property
    def key_in_return(self) -> str:
        return self.key_of_label(self.attempt)

    @classmethod
    def key_of_label(cls, label: int) -> str:
        return _numbered(cls.kind, label)


@reads("stock.restocked.v1")
class StockRestocked(ReturnFact):
    """The units of the return are for sale again."""
