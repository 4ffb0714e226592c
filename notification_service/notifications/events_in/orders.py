"""Messages about orders: notifications and live updates for the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.codec import data_of
from chassis.core.messages import reads
from chassis.core.money import Money
from chassis.inbox.handlers import Context
from chassis.values.text import spelled
from notifications.commands.notifications import notify
from notifications.commands.updates import record_step
from notifications.events_in.updates import CustomerMessage, facts_of, fingerprint, publish_update, show_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    quantity: int
    unit_price: Money
    line_total: Money
    sku: str = ""
    product_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    name: str
    line1: str
    city: str
    country: str
    line2: str = ""
    postal_code: str = ""
    region: str = ""


@reads("order.confirmed.v1")
class OrderConfirmed(CustomerMessage):
    lines: list[Line]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    confirmed_at: datetime
    paid: bool = True


@reads("order.placed.v1", "order.completed.v1")
class OrderStep(CustomerMessage):
    """The order was placed, or its window for returns is over."""


@reads("order.progressed.v1")
class OrderProgressed:
    order_id: UUID
    number: str
    customer_id: UUID
    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@reads("order.payment_action_required.v1")
class PaymentActionRequired(CustomerMessage):
    action_url: str
    expires_at: datetime
    instructions: str = ""


@reads("order.payment_declined.v1")
class PaymentDeclined(CustomerMessage):
    attempt: int
    reason: str
    pay_until: datetime


@reads("order.dispatched.v1")
class OrderDispatched(CustomerMessage):
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@reads("order.delivered.v1")
class OrderDelivered(CustomerMessage):
    lines: list[Line]
    delivered_at: datetime
    returnable_until: datetime | None = None


@reads("order.canceled.v1")
class OrderCanceled(CustomerMessage):
    reason: str
    message: str
    refunded: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelUpdate(CustomerMessage):
    """An update about one parcel. `reason`: the carrier's words, or `lost` or `damaged`."""

    carrier: str = ""
    tracking_number: str = ""
    reason: str = ""


@reads("order.parcel_returned.v1")
class ParcelReturned(ParcelUpdate):
    """The parcel could not be delivered and is back at the shop."""


@reads("order.parcel_lost.v1")
class ParcelLost(ParcelUpdate):
    """The parcel is lost or damaged."""


@reads("order.parcel_canceled.v1")
class ParcelCanceled(ParcelUpdate):
    """The parcel was canceled."""


@reads("order.refunded.v1")
class OrderRefunded(CustomerMessage):
    amount: Money
    refunded_total: Money
    reason: str = ""


OrderUpdate = OrderConfirmed | PaymentActionRequired | PaymentDeclined | OrderDelivered | OrderCanceled | OrderRefunded


def on_order_step(message: OrderStep, context: Context) -> None:
    show_step(message, context)


def on_order_confirmed(message: OrderConfirmed, context: Context) -> None:
    _tell("order_confirmed", message, context, source=str(message.order_id))


def on_order_progressed(message: OrderProgressed, context: Context) -> None:
    record_step(
        user_id=message.customer_id,
        order_id=message.order_id,
        step=message.sequence,
        data=data_of(message),
        at=message.occurred_at,
        now=context.now,
    )


def on_payment_action_required(message: PaymentActionRequired, context: Context) -> None:
    source = f"{message.order_id}:{fingerprint(message.action_url)}"
    _tell("payment_action_required", message, context, source=source)
    publish_update(message, context, source=source)


def on_payment_declined(message: PaymentDeclined, context: Context) -> None:
    source = f"{message.order_id}:{message.attempt}"
    _tell("payment_declined", message, context, source=source)
    publish_update(message, context, source=source)


def on_order_dispatched(message: OrderDispatched, context: Context) -> None:
    _tell_of_parcel("order_dispatched", message, context)


def on_order_delivered(message: OrderDelivered, context: Context) -> None:
    _tell("order_delivered", message, context, source=str(message.order_id))


def on_order_canceled(message: OrderCanceled, context: Context) -> None:
    _tell("order_canceled", message, context, source=str(message.order_id))
    publish_update(message, context, source=str(message.order_id))


def on_parcel_returned(message: ParcelReturned, context: Context) -> None:
    _tell_of_parcel("parcel_returned", message, context)
    publish_update(message, context, source=_parcel(message))


def on_parcel_lost(message: ParcelLost, context: Context) -> None:
    _tell_of_parcel("parcel_lost", message, context, fate="damaged" if message.reason == "damaged" else "lost")
    publish_update(message, context, source=_parcel(message))


def on_parcel_canceled(message: ParcelCanceled, context: Context) -> None:
    _tell_of_parcel("parcel_canceled", message, context)
    publish_update(message, context, source=_parcel(message))


def on_order_refunded(message: OrderRefunded, context: Context) -> None:
    if message.amount.amount <= 0:
        show_step(message, context)
        return
    # Each refund raises the total, so the total identifies it.
    source = f"{message.order_id}:{message.refunded_total.amount}"
    _tell("order_refunded", message, context, source=source)
    publish_update(message, context, source=source)


def _tell_of_parcel(kind: str, message: OrderDispatched | ParcelUpdate, context: Context, **added: str) -> None:
    show_step(message, context)
    carrier = spelled(message.carrier)
    tracking = f"{carrier}: {message.tracking_number}" if message.tracking_number else ""
    facts = {**facts_of(message), "carrier": carrier, "tracking": tracking, **added}
    notify(kind, user_id=message.customer_id, source=_parcel(message), facts=facts, now=context.now)


def _parcel(message: OrderDispatched | ParcelUpdate) -> str:
    """Return the source of a parcel's notifications: an order may have several parcels, each with its own."""
    return f"{message.order_id}:{fingerprint(message.tracking_number)}"


def _tell(kind: str, message: OrderUpdate, context: Context, *, source: str) -> None:
    show_step(message, context)
    notify(kind, user_id=message.customer_id, source=source, facts=facts_of(message), now=context.now)


ORDERS = (
    (OrderStep, on_order_step),
    (OrderConfirmed, on_order_confirmed),
    (OrderProgressed, on_order_progressed),
    (PaymentActionRequired, on_payment_action_required),
    (PaymentDeclined, on_payment_declined),
    (OrderDispatched, on_order_dispatched),
    (OrderDelivered, on_order_delivered),
    (OrderCanceled, on_order_canceled),
    (ParcelReturned, on_parcel_returned),
    (ParcelLost, on_parcel_lost),
    (ParcelCanceled, on_parcel_canceled),
    (OrderRefunded, on_order_refunded),
)
