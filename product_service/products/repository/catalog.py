"""The derived columns of a product: the values that lists filter and order by, and the stored JSON of reads.

They are written under the product's lock, in the transaction that changes their sources, so they are never stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from django.db.models import F

from chassis.core.money import Money
from products.domain.catalog import CURRENCY, ProductDraft, VariantDraft, folded, summary
from products.domain.filter_terms import filter_terms
from products.domain.sort_key import sort_key
from products.events_out import ProductChanged, VariantSnapshot
from products.models import Category, Product, StockItem, Variant
from products.repository import search, statements

_encode = msgspec.json.encode
_DERIVED = ("name_key", "price_from", "in_stock", "card", "page")


def refresh(product_ids: Iterable[UUID]) -> list[Product]:
    """Update the derived columns of these products and return them. Locks them in the order of their ids."""
    wanted = sorted(set(product_ids))
    if not wanted:
        return []
    locked = Product.objects.select_for_update(of=("self",)).filter(id__in=wanted).order_by("id")
    products = list(locked.select_related("category").prefetch_related("variants"))
    free = _with_free_units(wanted)
    paths = Paths([product.category for product in products])
    flipped = [product for product in products if product.in_stock is not (product.id in free)]
    for product in products:
        derive(product, in_stock=product.id in free, paths=paths)
    if flipped:
        search.put_filters({product.id: filters_of(product, paths) for product in flipped})
    statements.update_each(products, _DERIVED)
    return products


def filters_of(product: Product, paths: Paths) -> str:
    """Return the terms by which the search index filters the product."""
    stored = (one for variant in product.variants.all() if variant.active for one in variant.option_terms.split("|"))
    categories = [category_id for category_id, _, _ in paths.of(product.category)]
    return filter_terms(categories, filter(None, stored), in_stock=product.in_stock)


class Paths:
    """The ancestors of categories, read in one statement."""

    def __init__(self, categories: Iterable[Category]) -> None:
        slugs = {slug for category in categories for slug in _slugs(category)}
        rows = Category.objects.filter(slug__in=slugs).values_list("id", "slug", "name")
        self._by_slug = {row[1]: row for row in rows}

    def of(self, category: Category) -> list[tuple[UUID, str, str]]:
        """Return (id, slug, name) from the root category to this one."""
        return [self._by_slug[slug] for slug in _slugs(category) if slug in self._by_slug]


def _slugs(category: Category) -> list[str]:
    return category.path.strip("/").split("/")


def _with_free_units(product_ids: Sequence[UUID]) -> set[UUID]:
    free = StockItem.objects.filter(
        product__in=product_ids, variant__active=True, on_hand__gt=F("reserved") + F("allocated")
    )
    return set(free.values_list("product_id", flat=True))


def drafts_of(slugs: Sequence[str]) -> dict[str, ProductDraft]:
    """Return the products of these slugs as drafts with all their variants, by slug."""
    products = Product.objects.filter(slug__in=slugs).select_related("category").prefetch_related("variants")
    return {product.slug: _draft(product) for product in products}


def _draft(product: Product) -> ProductDraft:
    return ProductDraft(
        slug=product.slug,
        name=product.name,
        category=product.category.slug,
        description=product.description,
        image_url=product.image_url,
        active=product.active,
        variants=[
            VariantDraft(
                sku=one.sku,
                name=one.name,
                price=one.price_amount,
                weight_grams=one.weight_grams,
                options=dict(one.options),
                active=one.active,
            )
            for one in product.variants.all()
        ],
    )


def snapshot_of(product: Product) -> ProductChanged:
    """Return the event that describes the product to other services."""
    return ProductChanged(
        product_id=product.id,
        slug=product.slug,
        name=product.name,
        category=product.category.slug,
        image_url=product.image_url,
        active=product.active,
        variants=[
            VariantSnapshot(
                sku=variant.sku,
                name=variant.name,
                options=dict(variant.options),
                price=Money(variant.price_amount, variant.currency),
                weight_grams=variant.weight_grams,
                active=variant.active,
            )
            for variant in product.variants.all()
        ],
    )


def digest_of(snapshot: ProductChanged) -> str:
    return hashlib.sha256(_encode(snapshot)).hexdigest()


def derive(product: Product, *, in_stock: bool, paths: Paths) -> None:
    """Set the derived columns of the product from its other columns and its variants."""
    variants = [variant for variant in product.variants.all() if variant.active]
    product.name_key = sort_key(product.name)
    product.price_from = min((variant.price_amount for variant in variants), default=0)
    product.in_stock = in_stock
    card = _card(product)
    product.card = _encode(card).decode()
    product.page = _encode(card | _rest_of_page(product, variants, paths)).decode()


def _card(product: Product) -> dict[str, object]:
    return {
        "id": str(product.id),
        "slug": product.slug,
        "name": product.name,
        "summary": summary(product.description),
        "category": {"slug": product.category.slug, "name": product.category.name},
        "image_url": product.image_url,
        "price_from": Money(product.price_from, CURRENCY).as_dict(),
        "in_stock": product.in_stock,
        "rating": {"average_hundredths": product.rating_hundredths, "count": product.rating_count},
    }


def _rest_of_page(product: Product, variants: list[Variant], paths: Paths) -> dict[str, object]:
    return {
        "description": product.description,
        "categories": [{"slug": slug, "name": name} for _, slug, name in paths.of(product.category)],
        "options": _choices(variants),
        "variants": [
            {
                "sku": variant.sku,
                "name": variant.name,
                "options": variant.options,
                "price": Money(variant.price_amount, variant.currency).as_dict(),
                "weight_grams": variant.weight_grams,
            }
            for variant in variants
        ],
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def _choices(variants: list[Variant]) -> dict[str, list[str]]:
    """Return the values of each option in the order of the variants."""
    found: dict[str, dict[str, str]] = {}
    for variant in variants:
        for name, value in variant.options.items():
            found.setdefault(name, {}).setdefault(folded(value), value)
    return {name: list(values.values()) for name, values in found.items()}
