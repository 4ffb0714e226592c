"""Every event and command that this service sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.messages import command, event
from chassis.money import Money
from chassis.privacy.messages import Contribution, Receipt

# What messages are made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many of one variant, at the price of the day."""

    product_id: UUID
    sku: str
    name: str
    quantity: int
    unit_price: Money
    line_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`country`: ISO 3166 alpha-2."""

    name: str
    line1: str
    line2: str
    city: str
    postal_code: str
    region: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What has to be taken from the shelf or put back, and how many."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedItem:
    """An item with the name that people know it by."""

    sku: str
    name: str
    quantity: int


# Commands: they belong to the services that receive them


@command("stock.reserve.v1", subject="order_id")
class ReserveStock:
    order_id: UUID
    lines: tuple[Item, ...]
    hold_seconds: int


@command("stock.allocate.v1", subject="order_id")
class AllocateStock:
    order_id: UUID


@command("stock.release.v1", subject="order_id")
class ReleaseStock:
    order_id: UUID


@command("stock.restock.v1", subject="order_id")
class RestockReturn:
    """`return_id`: the return, or an id of its own for a parcel that came back undelivered."""

    order_id: UUID
    return_id: UUID
    lines: tuple[Item, ...]


@command("payment.authorize.v1", subject="order_id")
class AuthorizePayment:
    order_id: UUID
    attempt: int
    customer_id: UUID
    amount: Money
    payment_method: str
    number: str
    expires_at: datetime


@command("payment.capture.v1", subject="order_id")
class CapturePayment:
    order_id: UUID


@command("payment.void.v1", subject="order_id")
class VoidPayment:
    """Closes the payment for good: an authorization is given up, a captured amount refunded."""

    order_id: UUID


@command("payment.refund.v1", subject="order_id")
class RefundPayment:
    """`refund_id`: the order for a cancellation, the return for a return.

    The same `attempt` again gets the same answer; a higher one makes a refused refund anew.
    """

    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str
    attempt: int = 1


@command("shipment.create.v1", subject="order_id")
class CreateShipment:
    """A higher `attempt` sends the order again, after a parcel that failed, came back or was lost."""

    order_id: UUID
    number: str
    customer_id: UUID
    quote_id: UUID
    carrier: str
    service: str
    address: Address
    lines: tuple[NamedItem, ...]
    attempt: int = 1


@command("shipment.cancel.v1", subject="order_id")
class CancelShipment:
    order_id: UUID
    attempt: int = 1


@command("return_shipment.create.v1", subject="return_id")
class CreateReturnShipment:
    """A higher `attempt` asks for another label after one that failed."""

    return_id: UUID
    order_id: UUID
    customer_id: UUID
    lines: tuple[NamedItem, ...]
    attempt: int = 1


# Events: the life of an order


@event("order.placed.v1", subject="order_id")
class OrderPlaced:
    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[Line, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    placed_at: datetime


@event("order.confirmed.v1", subject="order_id")
class OrderConfirmed:
    """Paid; it will be sent."""

    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[Line, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    confirmed_at: datetime


@event("order.progressed.v1", subject="order_id")
class OrderProgressed:
    """A step that the customer may see; `sequence` counts an order's steps from 1 without a gap."""

    order_id: UUID
    number: str
    customer_id: UUID
    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@event("order.payment_action_required.v1", subject="order_id")
class OrderPaymentActionRequired:
    order_id: UUID
    number: str
    customer_id: UUID
    action_url: str
    expires_at: datetime


@event("order.payment_declined.v1", subject="order_id")
class OrderPaymentDeclined:
    """`reason`: what the bank says, in its own words; may be empty."""

    order_id: UUID
    number: str
    customer_id: UUID
    attempt: int
    reason: str
    pay_until: datetime


@event("order.dispatched.v1", subject="order_id")
class OrderDispatched:
    order_id: UUID
    number: str
    customer_id: UUID
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@event("order.delivered.v1", subject="order_id")
class OrderDelivered:
    """`returnable_until`: when the time for returns is over."""

    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[Line, ...]
    delivered_at: datetime
    returnable_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AboutParcel:
    """A parcel that did not arrive. `reason` is for people."""

    order_id: UUID
    number: str
    customer_id: UUID
    carrier: str
    tracking_number: str
    reason: str


@event("order.parcel_returned.v1", subject="order_id")
class OrderParcelReturned(AboutParcel):
    """It could not be delivered and is with us again; we decide what to do."""

    order_id: UUID


@event("order.parcel_lost.v1", subject="order_id")
class OrderParcelLost(AboutParcel):
    """The carrier has lost or damaged it; we decide what to do."""

    order_id: UUID


@event("order.parcel_canceled.v1", subject="order_id")
class OrderParcelCanceled(AboutParcel):
    """The carrier has canceled it without being asked; we decide what to do."""

    order_id: UUID


@event("order.refunded.v1", subject="order_id")
class OrderRefunded:
    """A refund that belongs to no cancellation and to no return. `reason`: text for the customer, may be empty."""

    order_id: UUID
    number: str
    customer_id: UUID
    amount: Money
    refunded_total: Money
    reason: str


@event("order.completed.v1", subject="order_id")
class OrderCompleted:
    """Delivered, and the return window is over."""

    order_id: UUID
    number: str
    customer_id: UUID


@event("order.canceled.v1", subject="order_id")
class OrderCanceled:
    """Stock and money are back. `reason` for programs, `message` for the customer."""

    order_id: UUID
    number: str
    customer_id: UUID
    reason: str
    message: str
    refunded: Money | None
    lines: tuple[Line, ...] = ()


# Events: the life of a return. All say the same about it.


@dataclass(frozen=True, kw_only=True)
class AboutReturn:
    """`refund`: what is paid back in the end. `message`: a sentence for the customer.

    `send_back_by`: when an approved return expires whose parcel is not here.
    """

    return_id: UUID
    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[Line, ...]
    refund: Money | None
    label_url: str
    message: str
    send_back_by: datetime | None = None


@event("return.requested.v1", subject="return_id")
class ReturnRequested(AboutReturn):
    return_id: UUID


@event("return.approved.v1", subject="return_id")
class ReturnApproved(AboutReturn):
    """Approved, and the label for sending it back is there."""

    return_id: UUID


@event("return.rejected.v1", subject="return_id")
class ReturnRejected(AboutReturn):
    return_id: UUID


@event("return.received.v1", subject="return_id")
class ReturnReceived(AboutReturn):
    """The parcel is back; the refund is on its way."""

    return_id: UUID


@event("return.refunded.v1", subject="return_id")
class ReturnRefunded(AboutReturn):
    return_id: UUID


@event("return.label_failed.v1", subject="return_id")
class ReturnLabelFailed(AboutReturn):
    """There is no label, or the parcel is lost on its way back; staff decide."""

    return_id: UUID


@event("return.expired.v1", subject="return_id")
class ReturnExpired(AboutReturn):
    """Approved, and nothing came back in time."""

    return_id: UUID


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """What this service has erased of a person, has made anonymous, and keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of what this service keeps of a person, for their own eyes."""
