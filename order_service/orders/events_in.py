"""What this service receives, one short handler each.

The shapes of facts about orders and returns stand in `domain/facts.py`, because the saga's table
speaks of them; the rest stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chassis.core.money import Money
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.collecting import on_export_requested
from chassis.privacy.erasing import on_account_deleted
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    ("product.changed.v1", ProductChanged, on_product_changed),
    ("stock.reserved.v1", facts.StockReserved, on_fact),
    ("stock.rejected.v1", facts.StockRejected, on_fact),
    ("stock.allocated.v1", facts.StockAllocated, on_fact),
    ("stock.released.v1", facts.StockReleased, on_fact),
    ("stock.restocked.v1", facts.StockRestocked, on_return_fact),
    ("payment.authorized.v1", facts.PaymentAuthorized, on_fact),
    ("payment.action_required.v1", facts.PaymentActionRequired, on_fact),
    ("payment.declined.v1", facts.PaymentDeclined, on_fact),
    ("payment.captured.v1", facts.PaymentCaptured, on_fact),
    ("payment.capture_failed.v1", facts.PaymentCaptureFailed, on_fact),
    ("payment.voided.v1", facts.PaymentVoided, on_fact),
    ("payment.refunded.v1", facts.PaymentRefunded, on_fact),
    ("payment.refund_failed.v1", facts.PaymentRefundFailed, on_fact),
    ("shipment.created.v1", facts.ShipmentCreated, on_fact),
    ("shipment.dispatched.v1", facts.ShipmentDispatched, on_fact),
    ("shipment.progressed.v1", facts.ShipmentProgressed, on_fact),
    ("shipment.delivered.v1", facts.ShipmentDelivered, on_fact),
    ("shipment.returned.v1", facts.ShipmentReturned, on_fact),
    ("shipment.lost.v1", facts.ShipmentLost, on_fact),
    ("shipment.canceled.v1", facts.ShipmentCanceled, on_fact),
    ("shipment.cancel_refused.v1", facts.ShipmentCancelRefused, on_fact),
    ("shipment.failed.v1", facts.ShipmentFailed, on_fact),
    ("return_shipment.created.v1", facts.ReturnLabelCreated, on_return_fact),
    ("return_shipment.received.v1", facts.ReturnArrived, on_return_fact),
    ("return_shipment.failed.v1", facts.ReturnLabelFailed, on_return_fact),
    ("user.claimed.v1", UserClaimed, on_user_claimed),
    ("user.sessions_ended.v1", SessionsEnded, on_sessions_ended),
    ("user.deleted.v1", AccountDeleted, on_account_deleted),
    ("personal_data.export_requested.v1", ExportRequested, on_export_requested),
)
