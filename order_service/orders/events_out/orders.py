"""The events of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import event
from chassis.core.money import Money
from orders.events_out.parts import Address, CustomerEvent, Line


@event("order.placed.v1", subject="order_id")
class OrderPlaced(CustomerEvent):
    """The order was accepted; stock and payment are not settled yet."""

    order_id: UUID
    lines: tuple[Line, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    placed_at: datetime


@event("order.confirmed.v1", subject="order_id")
class OrderConfirmed(CustomerEvent):
    """The order will be sent. `paid`: its money has come; otherwise it comes after the delivery."""

    order_id: UUID
    lines: tuple[Line, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    confirmed_at: datetime
    paid: bool = True


@event("order.progressed.v1", subject="order_id")
class OrderProgressed:
    """A step that the customer sees and that no other event of the same change carries as its `update`.

    `sequence` counts an order's steps from 1 without a gap.
    """

    order_id: UUID
    number: str
    customer_id: UUID
    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@event("order.payment_action_required.v1", subject="order_id")
class OrderPaymentActionRequired(CustomerEvent):
    """The customer must confirm the payment at `action_url`, or follow the `instructions`, before `expires_at`."""

    order_id: UUID
    action_url: str
    expires_at: datetime
    instructions: str = ""


@event("order.payment_declined.v1", subject="order_id")
class OrderPaymentDeclined(CustomerEvent):
    """The payment was declined; `reason` is the bank's text and may be empty."""

    order_id: UUID
    attempt: int
    reason: str
    pay_until: datetime


@event("order.dispatched.v1", subject="order_id")
class OrderDispatched(CustomerEvent):
    """The parcel of the order left the shop."""

    order_id: UUID
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@event("order.delivered.v1", subject="order_id")
class OrderDelivered(CustomerEvent):
    """The order was delivered; `returnable_until` is the end of the return window."""

    order_id: UUID
    lines: tuple[Line, ...]
    delivered_at: datetime
    returnable_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AboutParcel(CustomerEvent):
    """A parcel that did not arrive. `reason` is for people."""

    carrier: str
    tracking_number: str
    reason: str


@event("order.parcel_returned.v1", subject="order_id")
class OrderParcelReturned(AboutParcel):
    """The parcel could not be delivered and came back; staff decide."""

    order_id: UUID


@event("order.parcel_lost.v1", subject="order_id")
class OrderParcelLost(AboutParcel):
    """The carrier lost or damaged the parcel; staff decide."""

    order_id: UUID


@event("order.parcel_canceled.v1", subject="order_id")
class OrderParcelCanceled(AboutParcel):
    """The carrier canceled the parcel without being asked; staff decide."""

    order_id: UUID


@event("order.refunded.v1", subject="order_id")
class OrderRefunded(CustomerEvent):
    """A refund that belongs to no cancellation and to no return. `reason`: text for the customer, may be empty."""

    order_id: UUID
    amount: Money
    refunded_total: Money
    reason: str


@event("order.completed.v1", subject="order_id")
class OrderCompleted(CustomerEvent):
    """The order was delivered, and the return window is over."""

    order_id: UUID


@event("order.canceled.v1", subject="order_id")
class OrderCanceled(CustomerEvent):
    """Stock and money were returned. `reason` for programs, `message` for the customer."""

    order_id: UUID
    reason: str
    message: str
    refunded: Money | None
    lines: tuple[Line, ...] = ()
