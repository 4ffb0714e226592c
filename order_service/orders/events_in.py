"""What this service receives, one short handler each.

The shapes of facts about orders and returns stand in `domain/facts.py`, because the saga's table
speaks of them; the rest stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chassis.core.messages import reads
from chassis.core.money import Money
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from orders import commands
from orders.commands.catalog import VariantSnapshot
from orders.domain import facts
from orders.domain.facts import Fact, ReturnFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    sku: str
    name: str
    price: Money
    active: bool


@reads("product.changed.v1")
class ProductChanged:
    """What orders reads of `product.changed.v1`: a snapshot, the newest counts."""

    product_id: UUID
    slug: str
    name: str
    image_url: str | None = None
    active: bool
    variants: tuple[Variant, ...]


def on_product_changed(message: ProductChanged, context: Context) -> None:
    commands.keep_product(
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
    """The account has another owner, who fills a cart of his own."""
    commands.empty_cart(customer_id=message.user_id)


def on_fact(fact: Fact, context: Context) -> None:
    """All facts about an order take one way: the order gathers them, and the saga goes on."""
    commands.record_fact(fact=fact, now=context.now)


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
    (facts.PaymentCaptureFailed, on_fact),
    (facts.PaymentVoided, on_fact),
    (facts.PaymentRefunded, on_fact),
    (facts.PaymentRefundFailed, on_fact),
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
