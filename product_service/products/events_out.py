"""Every event and command that this service sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.core.money import Money
from chassis.privacy.messages import Contribution, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSnapshot:
    """One thing that can be bought: a product in one size, color ..."""

    sku: str
    name: str
    options: dict[str, str]
    price: Money
    weight_grams: int
    active: bool


@event("product.changed.v1", subject="product_id")
class ProductChanged:
    """The whole product as it is now. Consumers keep the one with the highest aggregateversion."""

    product_id: UUID
    slug: str
    name: str
    category: str
    image_url: str
    active: bool
    variants: list[VariantSnapshot]


@event("stock.reserved.v1", subject="order_id")
class StockReserved:
    """All lines are held for the order until `reserved_until`."""

    order_id: UUID
    reserved_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A line that cannot be had in full."""

    sku: str
    requested: int
    available: int


@event("stock.rejected.v1", subject="order_id")
class StockRejected:
    """Nothing is held for the order; `lines` says what is short."""

    order_id: UUID
    lines: list[Shortage]


@event("stock.allocated.v1", subject="order_id")
class StockAllocated:
    """The units are the order's. They lie on the shelf until its parcel leaves."""

    order_id: UUID


@event("stock.released.v1", subject="order_id")
class StockReleased:
    """Nothing is held for the order any more, and nothing will be."""

    order_id: UUID


@event("stock.restocked.v1", subject="order_id")
class StockRestocked:
    """The units of a return are for sale again."""

    order_id: UUID
    return_id: UUID


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """Report what this service has erased or anonymized of a person, and what it keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """Contribute a part of the data that this service keeps of a person, for that person only."""
