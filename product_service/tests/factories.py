"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from products import commands
from products.domain.catalog import ProductDraft, VariantDraft
from products.models import Category, Product, StockItem

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def a_category(slug: str = "lamps", *, parent: str | None = None, **given: Any) -> Category:
    return commands.put_category(slug=slug, name=given.pop("name", slug.title()), parent=parent, **given)


def a_variant(sku: str = "LAMP-1", **given: Any) -> VariantDraft:
    values = {"name": "", "price": 1999, "weight_grams": 400, "options": {}, "active": True}
    return VariantDraft(sku=sku, **{**values, **given})


def a_draft(slug: str = "brass-lamp", **given: Any) -> ProductDraft:
    variants = given.pop("variants", None) or [a_variant(slug.upper())]
    values = {"name": slug.replace("-", " ").title(), "category": "lamps", "description": "A thing. It is nice."}
    return ProductDraft(slug=slug, variants=variants, **{**values, **given})


def a_product(slug: str = "brass-lamp", *, units: int = 0, **given: Any) -> Product:
    """Return a product on sale with `units` of each variant in stock; its category is created if it does not exist."""
    draft = a_draft(slug, **given)
    if not Category.objects.filter(slug=draft.category).exists():
        a_category(draft.category)
    product, _ = commands.put_product(draft, now=NOON)
    for variant in draft.variants:
        if units:
            commands.adjust_stock(units={variant.sku: units}, note="Delivered", actor="test", now=NOON)
    return Product.objects.get(id=product.id)


def stock_of(sku: str) -> tuple[int, int]:
    """Return (on_hand, reserved)."""
    return StockItem.objects.values_list("on_hand", "reserved").get(sku=sku)


def all_units_of(sku: str) -> tuple[int, int, int]:
    """Return (on_hand, reserved, allocated)."""
    return StockItem.objects.values_list("on_hand", "reserved", "allocated").get(sku=sku)


def reserve(*lines: tuple[str, int], order_id: UUID | None = None, hold_seconds: int = 600) -> dict[str, Any]:
    """Return the data of `stock.reserve.v1`."""
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return {"order_id": order_id or uuid4(), "lines": wanted, "hold_seconds": hold_seconds}
