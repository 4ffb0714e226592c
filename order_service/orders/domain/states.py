"""The three state machines of an order, never one column, and the status that the customer sees."""

from __future__ import annotations

from enum import StrEnum

from chassis.core.states import State, Transitions, moved
from orders.domain import facts
from orders.domain.facts import Fact


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
    AUTHORIZED = "authorized"  # held, not captured
    FAILED = "failed"  # could not be captured
    VOIDED = "voided"
    CAPTURED = "captured"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(StrEnum):
    UNFULFILLED = "unfulfilled"
    FAILED = "failed"  # no shipment could be created; staff are alerted
    PREPARING = "preparing"  # labeled, not yet picked up
    CANCELED = "canceled"
    DISPATCHED = "dispatched"
    RETURNED_TO_SENDER = "returned_to_sender"  # undeliverable, came back; staff decide
    LOST = "lost"  # or damaged; staff decide
    DELIVERED = "delivered"
    RETURNED = "returned"  # all units


class CustomerStatus(StrEnum):
    """The status that the customer sees, derived from the three machines."""

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
    REFUNDED = "refunded"  # in full, before the parcel was dispatched
    UNDELIVERABLE = "undeliverable"
    LOST = "lost"


#: The shop could not fulfill the order; nobody asked to cancel it.
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


#: The transitions of an order. What is not listed is illegal.
ORDER_TRANSITIONS: Transitions[OrderStatus] = {
    OrderStatus.PENDING: _states(OrderStatus, "confirmed", "canceling"),
    OrderStatus.CONFIRMED: _states(OrderStatus, "completed", "canceling"),
    OrderStatus.CANCELING: _states(
        OrderStatus, "canceled", "confirmed"
    ),  # confirmed: dispatched before it could be stopped
    OrderStatus.CANCELED: frozenset(),
    OrderStatus.COMPLETED: frozenset(),
}

#: Messages overtake one another, so a payment may skip states, but it never goes back: only another
#: attempt makes it `pending` again, and only a refund that the bank reversed makes it less refunded.
PAYMENT_TRANSITIONS: Transitions[PaymentStatus] = {
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
FULFILLMENT_TRANSITIONS: Transitions[FulfillmentStatus] = {
    FulfillmentStatus.UNFULFILLED: _states(FulfillmentStatus, "failed", "preparing", "canceled", *_UNDER_WAY),
    # `unfulfilled`, here and below: staff send it again
    FulfillmentStatus.FAILED: _states(FulfillmentStatus, "unfulfilled", "preparing", "canceled", *_UNDER_WAY),
    FulfillmentStatus.PREPARING: _states(FulfillmentStatus, "canceled", *_UNDER_WAY),
    FulfillmentStatus.CANCELED: _states(FulfillmentStatus, "unfulfilled", *_UNDER_WAY),  # or a carrier's mistake
    FulfillmentStatus.DISPATCHED: _states(FulfillmentStatus, "returned_to_sender", "lost", "delivered"),
    FulfillmentStatus.RETURNED_TO_SENDER: _states(FulfillmentStatus, "unfulfilled", "delivered"),
    FulfillmentStatus.LOST: _states(FulfillmentStatus, "unfulfilled", "returned_to_sender", "delivered"),  # found
    FulfillmentStatus.DELIVERED: _states(FulfillmentStatus, "returned"),
    FulfillmentStatus.RETURNED: frozenset(),
}

#: The state that follows from the known facts: that of the first row whose fact is known.
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

#: The parcel is not on its way to the customer: staff send the order again, or end it.
STRANDED = frozenset(
    {
        FulfillmentStatus.FAILED,
        FulfillmentStatus.CANCELED,
        FulfillmentStatus.RETURNED_TO_SENDER,
        FulfillmentStatus.LOST,
    }
)


def derived(transitions: Transitions[State], before: State, after: State, *, what: str) -> State:
    """Return the state that follows from the facts; it may be the same as before. Raises IllegalTransition."""
    return after if after is before else moved(transitions, before, after, what=what)


def customer_status(status: OrderStatus, fulfillment: FulfillmentStatus, *, paid: bool) -> CustomerStatus:
    """Return the status that the customer sees; while an order is being canceled, it is the one from before."""
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
