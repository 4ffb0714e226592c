"""The messages that this service receives, with one short handler each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from chassis.core.messages import reads
from chassis.inbox.handlers import Context, handlers, loads
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from products import commands
from products.repository import stock


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    sku: str
    quantity: int


class AboutStock(Protocol):
    """A message about the stock of one order."""

    @property
    def order_id(self) -> UUID: ...


def load_stock(messages: Sequence[AboutStock]) -> None:
    """Lock the reservations and the stock of the messages, in one order."""
    skus = {line.sku for message in messages if isinstance(message, ReserveStock) for line in message.lines}
    stock.load({message.order_id for message in messages}, skus)


@reads("stock.reserve.v1")
class ReserveStock:
    """The command `stock.reserve.v1`: hold all these lines for this time, or none."""

    order_id: UUID
    lines: list[StockLine]
    hold_seconds: int


@loads(load_stock)
def on_reserve_stock(message: ReserveStock, context: Context) -> None:
    lines = [(line.sku, line.quantity) for line in message.lines]
    commands.reserve_stock(order_id=message.order_id, lines=lines, hold_seconds=message.hold_seconds, now=context.now)


@reads("stock.allocate.v1")
class AllocateStock:
    """The command to commit what is held for an order."""

    order_id: UUID


@loads(load_stock)
def on_allocate_stock(message: AllocateStock, context: Context) -> None:
    commands.allocate_stock(order_id=message.order_id, now=context.now)


@reads("stock.release.v1")
class ReleaseStock:
    """The command to return what is held for an order to the available stock."""

    order_id: UUID


@loads(load_stock)
def on_release_stock(message: ReleaseStock, context: Context) -> None:
    commands.release_stock(order_id=message.order_id, now=context.now)


@reads("stock.restock.v1")
class RestockReturn:
    """The command `stock.restock.v1`: put these units of a return back on sale."""

    order_id: UUID
    return_id: UUID
    lines: list[StockLine]


@loads(load_stock)
def on_restock_return(message: RestockReturn, context: Context) -> None:
    lines = [(line.sku, line.quantity) for line in message.lines]
    commands.restock_return(order_id=message.order_id, return_id=message.return_id, lines=lines, now=context.now)


@reads("order.dispatched.v1", "order.delivered.v1")
class ParcelLeft:
    """The fields read from `order.dispatched.v1` and `order.delivered.v1`; the first to arrive counts."""

    order_id: UUID


@loads(load_stock)
def on_parcel_left(message: ParcelLeft, context: Context) -> None:
    commands.dispatch_stock(order_id=message.order_id, now=context.now)


@reads("rating.changed.v1")
class RatingChanged:
    """The fields read from `rating.changed.v1`."""

    product_id: UUID
    count: int
    average_hundredths: int


def on_rating_changed(message: RatingChanged, context: Context) -> None:
    commands.record_rating(
        product_id=message.product_id,
        hundredths=message.average_hundredths,
        count=message.count,
        version=context.version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    product_id: UUID
    quantity: int


@reads("order.confirmed.v1")
class OrderConfirmed:
    """The fields read from `order.confirmed.v1`."""

    order_id: UUID
    customer_id: UUID
    lines: list[OrderLine]


def on_order_confirmed(message: OrderConfirmed, context: Context) -> None:
    units = [(line.product_id, line.quantity) for line in message.lines]
    commands.record_confirmed_order(
        order_id=message.order_id, customer_id=message.customer_id, units=units, now=context.now
    )


@reads("order.canceled.v1")
class OrderCanceled:
    """The fields read from `order.canceled.v1`."""

    order_id: UUID
    customer_id: UUID


def on_order_canceled(message: OrderCanceled, context: Context) -> None:
    commands.record_canceled_order(order_id=message.order_id, customer_id=message.customer_id, now=context.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """A line of a return. Messages of older publishers name no product."""

    quantity: int
    sku: str = ""
    product_id: UUID | None = None


@reads("return.refunded.v1")
class ReturnRefunded:
    """The fields read from `return.refunded.v1`."""

    order_id: UUID
    customer_id: UUID
    return_id: UUID
    lines: list[ReturnedLine] = field(default_factory=list)


def on_return_refunded(message: ReturnRefunded, context: Context) -> None:
    commands.record_refunded_return(
        order_id=message.order_id,
        customer_id=message.customer_id,
        return_id=message.return_id,
        units=[(line.product_id or line.sku, line.quantity) for line in message.lines],
        now=context.now,
    )


HANDLERS = handlers(
    (ReserveStock, on_reserve_stock),
    (AllocateStock, on_allocate_stock),
    (ReleaseStock, on_release_stock),
    (RestockReturn, on_restock_return),
    (RatingChanged, on_rating_changed),
    (ParcelLeft, on_parcel_left),
    (OrderConfirmed, on_order_confirmed),
    (OrderCanceled, on_order_canceled),
    (ReturnRefunded, on_return_refunded),
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
