"""The local copy of the catalog, so that pricing calls no other service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.core.money import Money
from chassis.snapshots import store_if_newer
from chassis.transactions import transactional
from orders.models import CatalogProduct, CatalogVariant


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSnapshot:
    sku: str
    name: str
    price: Money
    active: bool


@transactional
def record_product(
    *,
    product_id: UUID,
    version: int,
    slug: str,
    name: str,
    image_url: str,
    active: bool,
    variants: Sequence[VariantSnapshot],
) -> None:
    """Store this snapshot of the product, unless a newer one is stored."""
    values = {"slug": slug, "name": name, "active": active}
    if not store_if_newer(CatalogProduct.objects.all(), {"id": product_id}, version, values):
        return
    skus = [variant.sku for variant in variants]
    CatalogVariant.objects.filter(product_id=product_id).delete()
    CatalogVariant.objects.filter(sku__in=skus).delete()  # a SKU may move to another product
    CatalogVariant.objects.bulk_create(
        CatalogVariant(
            sku=variant.sku,
            product_id=product_id,
            name=_full_name(name, variant.name),
            slug=slug,
            image_url=image_url,
            price_amount=variant.price.amount,
            currency=variant.price.currency,
            active=active and variant.active,
        )
        for variant in variants
    )


def _full_name(product: str, variant: str) -> str:
    """Return "Linen Shirt, Blue / M", but not "Mug, Mug"."""
    if not variant or variant.startswith(product):
        return variant or product
    return f"{product}, {variant}"
