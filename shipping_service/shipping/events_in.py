"""The messages that this service receives, with one short handler each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.codec import data_of
from chassis.core.messages import reads
from chassis.inbox.handlers import Context, handlers, loads
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from shipping import commands
from shipping.repository import shipments


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    name: str
    line1: str
    line2: str = ""
    city: str
    postal_code: str
    region: str = ""
    country: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    sku: str
    name: str
    quantity: int


@reads("shipment.create.v1")
class CreateShipment:
    order_id: UUID
    number: str
    customer_id: UUID
    quote_id: UUID | None = None
    carrier: str
    service: str
    address: Address
    lines: list[Line]
    attempt: int = 1


@reads("shipment.cancel.v1")
class CancelShipment:
    order_id: UUID
    attempt: int = 1


@reads("return_shipment.create.v1")
class CreateReturnShipment:
    return_id: UUID
    order_id: UUID
    customer_id: UUID
    lines: list[Line]
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    sku: str
    weight_grams: int
    active: bool = True


@reads("product.changed.v1")
class ProductChanged:
    """The fields of `product.changed.v1` that shipping reads."""

    product_id: UUID
    variants: list[Variant]


def load_shipments(messages: Sequence[CreateShipment | CancelShipment | CreateReturnShipment]) -> None:
    shipments.load_orders(message.order_id for message in messages)


@loads(load_shipments)
def on_create_shipment(message: CreateShipment, context: Context) -> None:
    commands.request_shipment(
        order_id=message.order_id,
        number=message.number,
        customer_id=message.customer_id,
        quote_id=message.quote_id,
        carrier=message.carrier,
        service=message.service,
        address=data_of(message.address),
        lines=[data_of(line) for line in message.lines],
        attempt=message.attempt,
        now=context.now,
    )


@loads(load_shipments)
def on_cancel_shipment(message: CancelShipment, context: Context) -> None:
    commands.cancel_shipment(order_id=message.order_id, attempt=message.attempt, now=context.now)


@loads(load_shipments)
def on_create_return_shipment(message: CreateReturnShipment, context: Context) -> None:
    commands.request_return(
        return_id=message.return_id,
        order_id=message.order_id,
        customer_id=message.customer_id,
        lines=[data_of(line) for line in message.lines],
        attempt=message.attempt,
        now=context.now,
    )


def on_product_changed(message: ProductChanged, context: Context) -> None:
    weights = {variant.sku: (variant.weight_grams, variant.active) for variant in message.variants}
    commands.record_product(product_id=message.product_id, version=context.version, weights=weights)


HANDLERS = handlers(
    (CreateShipment, on_create_shipment),
    (CancelShipment, on_cancel_shipment),
    (CreateReturnShipment, on_create_return_shipment),
    (ProductChanged, on_product_changed),
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
