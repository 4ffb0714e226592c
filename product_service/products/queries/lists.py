"""Lists of products, and the page of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from chassis.values.identifiers import is_slug
from products.domain.filter_terms import category_term
from products.domain.ledger import Counters
from products.models import Category, Product, Variant
from products.repository import search, statements

#: A list of more categories is read along the whole catalog: then a large part of that belongs to them.
_MOST_BRANCHES = 50


def products_for_sale() -> QuerySet[Product]:
    return Product.objects.filter(active=True)


def categories_under(slug: str) -> list[UUID]:
    """Return the ids of the category and its subcategories; none if there is no such category."""
    path = Category.objects.filter(slug=slug).values("path")
    return list(Category.objects.filter(path__startswith=path).values_list("id", flat=True))


def in_category(products: QuerySet[Product], terms: search.Terms, slug: str) -> tuple[QuerySet[Product], search.Terms]:
    """Return the products of the category with its subcategories and the terms that say so; all if `slug` is empty."""
    if not slug:
        return products, terms
    own = Category.objects.filter(slug=slug).values_list("id", flat=True).first()
    if own is None:
        return products.none(), terms
    return products.filter(category_id__in=categories_under(slug)), [*terms, [category_term(own)]]


def with_variant(
    products: QuerySet[Product],
    *,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
    options: Sequence[Q] = (),
) -> QuerySet[Product]:
    """Return the products with a variant that meets every condition. Prices: cents. `options`: on its option terms."""
    if min_price is None and max_price is None and not options:
        return products if in_stock is None else products.filter(in_stock=in_stock)
    variants = Variant.objects.filter(*options, product=OuterRef("pk"), active=True)
    if min_price is not None:
        variants = variants.filter(price_amount__gte=min_price)
    if max_price is not None:
        variants = variants.filter(price_amount__lte=max_price)
        products = products.filter(price_from__lte=max_price)  # uses an index; the variant decides
    if in_stock is not None:
        free = Q(stock__on_hand__gt=F("stock__reserved") + F("stock__allocated"))
        variants = variants.filter(free if in_stock else ~free)
    return products.filter(Exists(variants))


def first_cards(names: Sequence[str], *, descending: bool, limit: int) -> list[tuple[Any, ...]]:
    """Return the columns of `names` and the card of the first products on sale, in the order of those columns."""
    return statements.first_cards(names, descending=descending, limit=limit)


def cards_after(
    products: QuerySet[Product],
    categories: Sequence[UUID] | None,
    names: Sequence[str],
    *,
    after: Sequence[Any],
    descending: bool,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Return the same of these products in these categories (None: all), after these values (none: the first)."""
    columns = (f"-{name}" if descending else name for name in names)
    rows = products.order_by(*columns).values_list(*names, "card")
    if after:
        rows = statements.after(rows, names, after, descending=descending)
    if categories is None:
        return statements.rows_of(rows[:limit])
    if len(categories) > _MOST_BRANCHES:
        return statements.rows_of(rows.filter(category_id__in=categories)[:limit])
    return statements.first_of_all(
        rows, "category_id", categories, columns=len(names), descending=descending, limit=limit
    )


def product_page(key: str) -> bytes | None:
    """Return the product of this id or slug as JSON with the available units of each variant, or None."""
    ((column, value),) = identified(key).items()
    rows = statements.page_rows(column, value)
    if not rows:
        return None
    free = {sku: Counters(*units).available for _, sku, *units in rows if sku}
    page = msgspec.json.decode(rows[0][0])
    for variant in page["variants"]:
        variant["available"] = free.get(variant["sku"], 0)
        variant["in_stock"] = variant["available"] > 0
    return msgspec.json.encode(page)


def identified(key: str) -> dict[str, Any]:
    """Return the condition on the product of this id or slug."""
    try:
        return {"id": UUID(key)}
    except ValueError:
        return {"slug": key if is_slug(key) else ""}
