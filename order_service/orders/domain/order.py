"""The order aggregate. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.core.states import moved
from orders.domain.facts import (
    AttemptFact,
    Fact,
    ParcelFact,
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentRefundFailed,
    ShipmentLost,
    Shortage,
)
from orders.domain.states import (
    FAILURES,
    FULFILLMENT_OF_FACTS,
    FULFILLMENT_TRANSITIONS,
    ORDER_TRANSITIONS,
    PAYMENT_OF_FACTS,
    PAYMENT_TRANSITIONS,
    UNDECIDED,
    UNPAID,
    CustomerStatus,
    FulfillmentStatus,
    OrderStatus,
    PaymentStatus,
    customer_status,
    derived,
)
from orders.events_out import Address, Line

#: Kept among the facts: decisions of staff, and what follows from several facts.
EVERYTHING_RETURNED = "order.returned"  # every unit was returned and refunded
STOCK_GIVEN_UP = "given_up.stock"  # the units are written off, or booked by hand
MONEY_GIVEN_UP = "given_up.money"  # refunded by hand, outside the payment service
PARCEL_GIVEN_UP = "given_up.parcel"  # stopped by hand


#: Before the id of a dispute: staff have decided to send the parcel all the same.
RELEASED = "released:"


class OrderNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


class OrderNotCancelable(DomainError):
    """The parcel has left or is about to; ask for a return once it has arrived."""

    code, kind = "order_not_cancelable", Kind.CONFLICT


class PaymentNotExpected(DomainError):
    """This order is not waiting for another way to pay."""

    code, kind = "payment_not_expected", Kind.CONFLICT


class PaymentWindowOver(DomainError):
    """The time to pay for this order is over; please place it again."""

    code, kind = "payment_window_over", Kind.CONFLICT


class NothingToResume(DomainError):
    """This order waits for no other service, so there is nothing to ask again."""

    code, kind = "nothing_to_resume", Kind.CONFLICT


class ParcelNotLost(DomainError):
    """Only an order whose parcel failed, came back, was lost or was canceled by the carrier can be decided so."""

    code, kind = "parcel_not_lost", Kind.CONFLICT


class NothingToGiveUp(DomainError):
    """This order is not being canceled, or waits for nothing; so there is nothing to give up."""

    code, kind = "nothing_to_give_up", Kind.CONFLICT


class OrderHeld(DomainError):
    """The payment of this order is disputed: send the parcel all the same, or cancel the order."""

    code, kind = "order_held", Kind.CONFLICT


class OrderNotHeld(DomainError):
    """No dispute holds a parcel of this order."""

    code, kind = "order_not_held", Kind.CONFLICT


class ParcelBeingStopped(DomainError):
    """The parcel is being stopped; decide once shipping has confirmed that."""

    code, kind = "parcel_being_stopped", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The answer that the saga waits for: to a step's command, or to its undo.

    `asks`: how often the command was sent. `ask_again_at`: None while the customer or staff have to act.
    """

    step: str
    undo: bool
    since: datetime
    asks: int
    ask_again_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Where the carrier shows the parcel."""

    carrier: str
    number: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. `payment` and `fulfillment` follow from the `known` facts; `status` is the saga's own."""

    # Fixed when the order is placed
    id: UUID
    number: str
    customer_id: UUID
    correlation_id: str
    lines: tuple[Line, ...]
    address: Address
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    from_cart: bool = False
    quote_id: UUID
    carrier: str
    service: str
    placed_at: datetime

    # The three machines and the saga
    status: OrderStatus = OrderStatus.PENDING
    payment: PaymentStatus = PaymentStatus.PENDING
    fulfillment: FulfillmentStatus = FulfillmentStatus.UNFULFILLED
    known: frozenset[str] = frozenset()
    waiting: Waiting | None = None
    due_at: datetime | None = None  # the deadline of the present state

    # Derived from facts
    payment_method: str
    attempt: int = 1
    pay_until: datetime | None = None
    action_url: str = ""
    refunded: Money
    refund_attempt: int = 1  # of the refund of a cancellation
    parcel: int = 1  # the number of the present parcel
    shortages: tuple[Shortage, ...] = ()
    tracking: Tracking | None = None
    confirmed_at: datetime | None = None
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None

    # For people
    cancel_reason: str = ""
    message: str = ""
    attention: str = ""  # why staff have to look at the order
    sequence: int = 0  # of the last customer update
    updated_at: datetime
    version: int = 1

    def knows(self, *kinds: type[Fact]) -> bool:
        """Return whether any of these facts is known, of attempts to pay and parcels about the present one."""
        return any(self.key_of(kind) in self.known for kind in kinds)

    def key_of(self, kind: type[Fact]) -> str:
        """Return the key of such a fact about the present attempt to pay or the present parcel."""
        if issubclass(kind, AttemptFact):
            return kind.key_of_attempt(self.attempt)
        return kind.key_of_parcel(self.parcel) if issubclass(kind, ParcelFact) else kind.kind

    @property
    def refund_refused(self) -> bool:
        """Whether the refund of the cancellation was refused and not requested again."""
        return PaymentRefundFailed.key_of_refund(self.id, self.refund_attempt) in self.known

    @property
    def lost_a_parcel(self) -> bool:
        """Whether the present or an earlier parcel is lost, so that its units will not come back."""
        return any(ShipmentLost.key_of_parcel(number) in self.known for number in range(1, self.parcel + 1))

    @property
    def unsettled_disputes(self) -> frozenset[str]:
        """The ids of the disputes, decided by the bank or not, for which staff have not released the parcel."""
        kinds = {PaymentDisputed.kind, PaymentDisputeClosed.kind}
        found = (key.split(":") for key in self.known)
        ids = frozenset(parts[1] for parts in found if parts[0] in kinds)
        return frozenset(id_ for id_ in ids if RELEASED + id_ not in self.known)

    @property
    def wholly_refunded(self) -> bool:
        return self.refunded.amount > 0 and self.refunded >= self.total

    @property
    def closed(self) -> bool:
        """Whether the order is canceled or being canceled: whatever it still holds is undone."""
        return self.status in {OrderStatus.CANCELING, OrderStatus.CANCELED}

    @property
    def is_unpaid(self) -> bool:
        """Whether the checkout is running and no payment is approved."""
        return self.status is OrderStatus.PENDING and self.payment in UNPAID

    @property
    def gives_its_cart_back(self) -> bool:
        """Whether the items return to the cart: the order came from a cart and failed; nobody canceled it."""
        return self.from_cart and self.cancel_reason in FAILURES

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def customer_status(self) -> CustomerStatus:
        return customer_status(self.status, self.fulfillment, paid=self.confirmed_at is not None)

    def moved(self, status: OrderStatus) -> Order:
        """Return the order in another state. Raises IllegalTransition."""
        return replace(self, status=moved(ORDER_TRANSITIONS, self.status, status, what="An order"))

    def derived(self) -> Order:
        """Return the order with the payment and fulfillment that follow from its facts. Raises IllegalTransition."""
        payment = derived(PAYMENT_TRANSITIONS, self.payment, self._payment_of_facts(), what="A payment")
        fulfillment = self._fulfillment_of_facts()
        return replace(
            self,
            payment=payment,
            payment_method=self.payment_method if payment in UNDECIDED and not self.closed else "",
            fulfillment=derived(FULFILLMENT_TRANSITIONS, self.fulfillment, fulfillment, what="A fulfillment"),
        )

    def with_payment_window(self) -> Order:
        """Return the order that can be paid until its present deadline."""
        return replace(self, pay_until=self.due_at)

    def with_next_parcel(self) -> Order:
        """Return the order with another parcel, of which nothing is known yet."""
        known = self.known - {PARCEL_GIVEN_UP}
        return replace(self, known=known, parcel=self.parcel + 1, tracking=None, waiting=None, due_at=None).derived()

    def _payment_of_facts(self) -> PaymentStatus:
        if self.refunded.amount:
            return PaymentStatus.REFUNDED if self.refunded >= self.total else PaymentStatus.PARTIALLY_REFUNDED
        return next((state for fact, state in PAYMENT_OF_FACTS if self.knows(fact)), PaymentStatus.PENDING)

    def _fulfillment_of_facts(self) -> FulfillmentStatus:
        if EVERYTHING_RETURNED in self.known:
            return FulfillmentStatus.RETURNED
        return next((state for fact, state in FULFILLMENT_OF_FACTS if self.knows(fact)), FulfillmentStatus.UNFULFILLED)


def restock_id(order_id: UUID) -> UUID:
    """Return the id under which the units of an undelivered parcel are restocked, once for an order."""
    return uuid5(order_id, "restock")


def order_number(order_id: UUID, placed_at: datetime) -> str:
    """Return a number that is easy to spell: the day, and seven letters or digits that are hard to confuse."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
    tail = "".join(alphabet[(order_id.int >> shift) & 31] for shift in range(30, -1, -5))
    return f"S{placed_at:%y%m%d}-{tail}"
