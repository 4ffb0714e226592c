"""The three state machines of an order, and the one word for the customer. Never one column."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from chassis.core.errors import DomainError, Kind
from orders.domain import facts
from orders.domain.facts import Fact

State = TypeVar("State", bound=StrEnum)


class OrderStatus(StrEnum):
    PENDING = "pending"  # accepted; the checkout saga is running
    CONFIRMED = "confirmed"  # paid
    CANCELING = "canceling"  # the undo steps are running
    CANCELED = "canceled"
    COMPLETED = "completed"  # delivered, and the return window is over


class PaymentStatus(StrEnum):
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"  # the customer has to confirm at the bank
    DECLINED = "declined"  # the customer may pay another way
    AUTHORIZED = "authorized"  # held, not taken
    FAILED = "failed"  # could not be taken
    VOIDED = "voided"
    CAPTURED = "captured"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(StrEnum):
    UNFULFILLED = "unfulfilled"
    FAILED = "failed"  # no shipment could be made; staff are told
    PREPARING = "preparing"  # labeled, still here
    CANCELED = "canceled"
    DISPATCHED = "dispatched"
    RETURNED_TO_SENDER = "returned_to_sender"  # undeliverable, with us again; staff decide
    LOST = "lost"  # or damaged; staff decide
    DELIVERED = "delivered"
    RETURNED = "returned"  # all of it


class CustomerStatus(StrEnum):
    """What the customer sees: one word, derived from the three machines."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELED = "canceled"
    RETURNED = "returned"


class CancelReason(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    OUT_OF_STOCK = "out_of_stock"
    PAYMENT_EXPIRED = "payment_expired"
    PAYMENT_FAILED = "payment_failed"
    TIMED_OUT = "timed_out"
    REFUNDED = "refunded"  # all of it, before the parcel left
    UNDELIVERABLE = "undeliverable"
    LOST = "lost"


#: The shop could not carry the order out; nobody wanted it canceled.
FAILURES = frozenset(
    {
        CancelReason.OUT_OF_STOCK,
        CancelReason.PAYMENT_EXPIRED,
        CancelReason.PAYMENT_FAILED,
        CancelReason.TIMED_OUT,
    }
)
#: The provider may still need the customer's token.
UNDECIDED = frozenset({PaymentStatus.PENDING, PaymentStatus.ACTION_REQUIRED})
UNPAID = UNDECIDED | {PaymentStatus.DECLINED}


def _states(enum: type[State], *names: str) -> frozenset[State]:
    return frozenset(enum(name) for name in names)


#: The whole life of an order. What is not listed here is illegal.
ORDER_TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: _states(OrderStatus, "confirmed", "canceling"),
    OrderStatus.CONFIRMED: _states(OrderStatus, "completed", "canceling"),
    OrderStatus.CANCELING: _states(OrderStatus, "canceled", "confirmed"),  # confirmed: the parcel had left
    OrderStatus.CANCELED: frozenset(),
    OrderStatus.COMPLETED: frozenset(),
}

#: Messages overtake one another, so a payment may skip states, but it never goes back: only another
#: attempt brings it to `pending` again, and only a refund that the bank reversed makes it less refunded.
PAYMENT_TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.PENDING: frozenset(PaymentStatus) - {PaymentStatus.PENDING},
    PaymentStatus.ACTION_REQUIRED: frozenset(PaymentStatus) - {PaymentStatus.ACTION_REQUIRED},
    PaymentStatus.DECLINED: frozenset(PaymentStatus) - _states(PaymentStatus, "action_required", "declined"),
    PaymentStatus.AUTHORIZED: _states(PaymentStatus, "failed", "voided", "captured", "partially_refunded", "refunded"),
    PaymentStatus.FAILED: _states(PaymentStatus, "voided", "captured", "partially_refunded", "refunded"),
    PaymentStatus.VOIDED: _states(PaymentStatus, "captured", "partially_refunded", "refunded"),  # a late payment
    PaymentStatus.CAPTURED: _states(PaymentStatus, "partially_refunded", "refunded"),
    PaymentStatus.PARTIALLY_REFUNDED: _states(PaymentStatus, "captured", "refunded"),
    PaymentStatus.REFUNDED: _states(PaymentStatus, "captured", "partially_refunded"),
}

_UNDER_WAY = ("dispatched", "returned_to_sender", "lost", "delivered")
FULFILLMENT_TRANSITIONS: Mapping[FulfillmentStatus, frozenset[FulfillmentStatus]] = {
    FulfillmentStatus.UNFULFILLED: _states(FulfillmentStatus, "failed", "preparing", "canceled", *_UNDER_WAY),
    # `unfulfilled`, here and below: staff have it sent again
    FulfillmentStatus.FAILED: _states(FulfillmentStatus, "unfulfilled", "preparing", "canceled", *_UNDER_WAY),
    FulfillmentStatus.PREPARING: _states(FulfillmentStatus, "canceled", *_UNDER_WAY),
    FulfillmentStatus.CANCELED: _states(FulfillmentStatus, "unfulfilled", *_UNDER_WAY),  # or a carrier's mistake
    FulfillmentStatus.DISPATCHED: _states(FulfillmentStatus, "returned_to_sender", "lost", "delivered"),
    FulfillmentStatus.RETURNED_TO_SENDER: _states(FulfillmentStatus, "unfulfilled", "delivered"),
    FulfillmentStatus.LOST: _states(FulfillmentStatus, "unfulfilled", "returned_to_sender", "delivered"),  # found
    FulfillmentStatus.DELIVERED: _states(FulfillmentStatus, "returned"),
    FulfillmentStatus.RETURNED: frozenset(),
}

#: Which state the gathered facts amount to: the first row that is known counts.
PAYMENT_OF_FACTS: tuple[tuple[type[Fact], PaymentStatus], ...] = (
    (facts.PaymentCaptured, PaymentStatus.CAPTURED),
    (facts.PaymentVoided, PaymentStatus.VOIDED),
    (facts.PaymentCaptureFailed, PaymentStatus.FAILED),
    (facts.PaymentAuthorized, PaymentStatus.AUTHORIZED),
    (facts.PaymentDeclined, PaymentStatus.DECLINED),
    (facts.PaymentActionRequired, PaymentStatus.ACTION_REQUIRED),
)
FULFILLMENT_OF_FACTS: tuple[tuple[type[Fact], FulfillmentStatus], ...] = (
    (facts.ShipmentDelivered, FulfillmentStatus.DELIVERED),
    (facts.ShipmentReturned, FulfillmentStatus.RETURNED_TO_SENDER),
    (facts.ShipmentLost, FulfillmentStatus.LOST),
    (facts.ShipmentDispatched, FulfillmentStatus.DISPATCHED),
    (facts.ShipmentCanceled, FulfillmentStatus.CANCELED),
    (facts.ShipmentCreated, FulfillmentStatus.PREPARING),
    (facts.ShipmentFailed, FulfillmentStatus.FAILED),
)


class IllegalTransition(DomainError):
    """The order cannot go from this state to that one."""

    code, kind = "illegal_transition", Kind.CONFLICT


def checked(table: Mapping[State, frozenset[State]], old: State, new: State) -> State:
    """`new`, when the table allows it or nothing changes. Raises IllegalTransition."""
    if new != old and new not in table[old]:
        raise IllegalTransition(f"From {old} to {new}: not possible.")
    return new


def customer_status(status: OrderStatus, fulfillment: FulfillmentStatus, *, paid: bool) -> CustomerStatus:
    """The one word for the customer. An order that is being canceled keeps its word until it is canceled."""
    if status is OrderStatus.CANCELED:
        return CustomerStatus.CANCELED
    match fulfillment:
        case FulfillmentStatus.RETURNED:
            return CustomerStatus.RETURNED
        case FulfillmentStatus.DELIVERED:
            return CustomerStatus.DELIVERED
        case FulfillmentStatus.DISPATCHED:
            return CustomerStatus.SHIPPED
        case _:
            return CustomerStatus.PROCESSING if paid else CustomerStatus.PENDING
