"""The messages that this service receives, with one short handler each.

Facts about orders and returns are defined in `domain/facts.py`, where the saga's table refers to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.core.messages import reads
from chassis.core.money import Money
from chassis.inbox.handlers import Context, handlers, loads
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from orders import commands
from orders.commands.catalog import VariantSnapshot
from orders.domain import facts
from orders.domain.facts import Fact, ReturnFact
from orders.repository import orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    sku: str
    name: str
    price: Money
    active: bool


@reads("product.changed.v1")
class ProductChanged:
    """A snapshot of a product; the newest counts."""

    product_id: UUID
    slug: str
    name: str
    image_url: str | None = None
    active: bool
    variants: tuple[Variant, ...]


def on_product_changed(message: ProductChanged, context: Context) -> None:
    commands.record_product(
        product_id=message.product_id,
        version=context.version,
        slug=message.slug,
        name=message.name,
        image_url=message.image_url or "",
        active=message.active,
        variants=[
            VariantSnapshot(sku=variant.sku, name=variant.name, price=variant.price, active=variant.active)
            for variant in message.variants
        ],
    )


@reads("user.claimed.v1")
class UserClaimed:
    user_id: UUID


def on_user_claimed(message: UserClaimed, context: Context) -> None:
    """Empty the cart of an account that has another owner."""
    commands.empty_cart(customer_id=message.user_id)


def load_orders(messages: Sequence[Fact]) -> None:
    orders.load_orders({fact.order_id for fact in messages})


@loads(load_orders)
def on_fact(fact: Fact, context: Context) -> None:
    """Record any fact about an order; its saga continues."""
    commands.record_fact(fact=fact, now=context.now)


@loads(load_orders)
def on_return_fact(fact: ReturnFact, context: Context) -> None:
    commands.record_return_fact(fact=fact, now=context.now)


HANDLERS = handlers(
    (ProductChanged, on_product_changed),
    (facts.StockReserved, on_fact),
    (facts.StockRejected, on_fact),
    (facts.StockAllocated, on_fact),
    (facts.StockReleased, on_fact),
    (facts.StockRestocked, on_return_fact),
    (facts.PaymentAuthorized, on_fact),
    (facts.PaymentActionRequired, on_fact),
    (facts.PaymentDeclined, on_fact),
    (facts.PaymentCaptured, on_fact),
    (facts.PaymentDeferred, on_fact),
    (facts.PaymentCaptureFailed, on_fact),
    (facts.PaymentVoided, on_fact),
    (facts.PaymentRefunded, on_fact),
    (facts.PaymentRefundFailed, on_fact),
    (facts.PaymentDisputed, on_fact),
    (facts.PaymentDisputeClosed, on_fact),
    (facts.ShipmentCreated, on_fact),
    (facts.ShipmentDispatched, on_fact),
    (facts.ShipmentProgressed, on_fact),
    (facts.ShipmentDelivered, on_fact),
    (facts.ShipmentReturned, on_fact),
    (facts.ShipmentLost, on_fact),
    (facts.ShipmentCanceled, on_fact),
    (facts.ShipmentCancelRefused, on_fact),
    (facts.ShipmentFailed, on_fact),
    (facts.ReturnLabelCreated, on_return_fact),
    (facts.ReturnArrived, on_return_fact),
    (facts.ReturnLabelFailed, on_return_fact),
    (UserClaimed, on_user_claimed),
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
