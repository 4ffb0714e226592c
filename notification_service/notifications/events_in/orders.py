"""Messages of the order service: what a customer is told about orders and returns, by mail and live."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.codec import data_of
from chassis.inbox.handlers import Context
from chassis.money import Money
from notifications.commands.live import record_step, record_update
from notifications.commands.notify import notify


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed:
    order_id: UUID
    number: str
    customer_id: UUID
    lines: list[Line]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    address: Address
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgressed:
    order_id: UUID
    number: str
    customer_id: UUID
    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentActionRequired:
    order_id: UUID
    number: str
    customer_id: UUID
    action_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined:
    order_id: UUID
    number: str
    customer_id: UUID
    attempt: int
    reason: str
    pay_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDispatched:
    order_id: UUID
    number: str
    customer_id: UUID
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDelivered:
    order_id: UUID
    number: str
    customer_id: UUID
    lines: list[Line]
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCanceled:
    order_id: UUID
    number: str
    customer_id: UUID
    reason: str
    message: str
    refunded: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNews:
    """What is read of all `return.*` events."""

    return_id: UUID
    order_id: UUID
    number: str
    customer_id: UUID
    lines: list[ReturnLine]
    refund: Money | None = None
    label_url: str | None = None
    message: str | None = None


OrderNews = OrderConfirmed | PaymentActionRequired | PaymentDeclined | OrderDispatched | OrderDelivered | OrderCanceled


def on_order_confirmed(message: OrderConfirmed, context: Context) -> None:
    _notify("order_confirmed", message, context, source=str(message.order_id))


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
    source = f"{message.order_id}:{_fingerprint(message.action_url)}"
    _notify("payment_action_required", message, context, source=source)
    _show(message, context, source=source)


def on_payment_declined(message: PaymentDeclined, context: Context) -> None:
    source = f"{message.order_id}:{message.attempt}"
    _notify("payment_declined", message, context, source=source)
    _show(message, context, source=source)


def on_order_dispatched(message: OrderDispatched, context: Context) -> None:
    _notify("order_dispatched", message, context, source=str(message.order_id))


def on_order_delivered(message: OrderDelivered, context: Context) -> None:
    _notify("order_delivered", message, context, source=str(message.order_id))


def on_order_canceled(message: OrderCanceled, context: Context) -> None:
    _notify("order_canceled", message, context, source=str(message.order_id))
    _show(message, context, source=str(message.order_id))


def on_return_news(message: ReturnNews, context: Context) -> None:
    _show(message, context, source=str(message.return_id))


def on_return_approved(message: ReturnNews, context: Context) -> None:
    on_return_news(message, context)
    _tell_of_return("return_approved", message, context)


def on_return_rejected(message: ReturnNews, context: Context) -> None:
    on_return_news(message, context)
    _tell_of_return("return_rejected", message, context)


def on_return_refunded(message: ReturnNews, context: Context) -> None:
    on_return_news(message, context)
    if message.refund is not None and message.refund.amount > 0:
        _tell_of_return("return_refunded", message, context)


def _notify(kind: str, message: OrderNews, context: Context, *, source: str) -> None:
    notify(kind, user_id=message.customer_id, source=source, facts=data_of(message), now=context.now)


def _tell_of_return(kind: str, message: ReturnNews, context: Context) -> None:
    facts = {**data_of(message), "message": message.message or "", "label_url": message.label_url or ""}
    notify(kind, user_id=message.customer_id, source=str(message.return_id), facts=facts, now=context.now)


def _show(message: OrderNews | ReturnNews, context: Context, *, source: str) -> None:
    """As a live update of the same name as the event: `order.canceled`."""
    type_ = context.type.rpartition(".")[0]
    record_update(
        type_,
        user_id=message.customer_id,
        source=f"{type_}:{source}",
        data=data_of(message),
        at=context.sent_at,
        now=context.now,
    )


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


ORDERS = (
    ("order.confirmed.v1", OrderConfirmed, on_order_confirmed),
    ("order.progressed.v1", OrderProgressed, on_order_progressed),
    ("order.payment_action_required.v1", PaymentActionRequired, on_payment_action_required),
    ("order.payment_declined.v1", PaymentDeclined, on_payment_declined),
    ("order.dispatched.v1", OrderDispatched, on_order_dispatched),
    ("order.delivered.v1", OrderDelivered, on_order_delivered),
    ("order.canceled.v1", OrderCanceled, on_order_canceled),
    ("return.requested.v1", ReturnNews, on_return_news),
    ("return.approved.v1", ReturnNews, on_return_approved),
    ("return.rejected.v1", ReturnNews, on_return_rejected),
    ("return.received.v1", ReturnNews, on_return_news),
    ("return.refunded.v1", ReturnNews, on_return_refunded),
)
