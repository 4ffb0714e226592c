"""The messages that this service receives, with one short handler each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from reviews import commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredLine:
    product_id: UUID
    name: str
    quantity: int = 1


@reads("order.delivered.v1")
class OrderDelivered:
    """The delivery that makes the customer a verified buyer."""

    order_id: UUID
    customer_id: UUID
    lines: list[DeliveredLine]
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTakenBack:
    """A canceled or returned line. Messages of older publishers name no product."""

    product_id: UUID | None = None
    quantity: int = 0


@reads("order.canceled.v1")
class OrderCanceled:
    """The fields read from `order.canceled.v1`."""

    order_id: UUID
    customer_id: UUID
    lines: list[LineTakenBack] = field(default_factory=list)


@reads("return.refunded.v1")
class ReturnRefunded:
    """The fields read from `return.refunded.v1`."""

    return_id: UUID
    order_id: UUID
    customer_id: UUID
    lines: list[LineTakenBack] = field(default_factory=list)


@reads("user.registered.v1", "user.profile_changed.v1")
class UserNamed:
    """The fields read from `user.registered.v1` and `user.profile_changed.v1`."""

    user_id: UUID
    name: str


@reads("product.changed.v1")
class ProductChanged:
    product_id: UUID
    slug: str
    name: str


def on_order_delivered(message: OrderDelivered, context: Context) -> None:
    commands.record_purchases(
        order_id=message.order_id,
        customer_id=message.customer_id,
        products={line.product_id: line.name for line in message.lines},
        units=[(line.product_id, line.quantity) for line in message.lines],
        delivered_at=message.delivered_at,
    )


def on_order_canceled(message: OrderCanceled, context: Context) -> None:
    _take_back(message, cause=message.order_id)


def on_return_refunded(message: ReturnRefunded, context: Context) -> None:
    _take_back(message, cause=message.return_id)


def _take_back(message: OrderCanceled | ReturnRefunded, *, cause: UUID) -> None:
    units = [(line.product_id, line.quantity) for line in message.lines if line.product_id]
    commands.take_back_purchases(order_id=message.order_id, customer_id=message.customer_id, units=units, cause=cause)


def on_user_named(message: UserNamed, context: Context) -> None:
    commands.record_customer(customer_id=message.user_id, name=message.name, version=context.version)


def on_product_changed(message: ProductChanged, context: Context) -> None:
    commands.record_product(
        product_id=message.product_id, name=message.name, slug=message.slug, version=context.version
    )


HANDLERS = handlers(
    (OrderDelivered, on_order_delivered),
    (OrderCanceled, on_order_canceled),
    (ReturnRefunded, on_return_refunded),
    (ProductChanged, on_product_changed),
    (UserNamed, on_user_named),
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
