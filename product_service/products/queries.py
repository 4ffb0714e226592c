"""Reads for the API: few statements, and JSON that was stored when the product changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When

from chassis.values.identifiers import is_slug
from products.domain.ledger import Counters
from products.domain.sort_key import sort_key
from products.models import BoughtTogether, Category, Product, Purchase, Variant
from products.repository import search, statements

MOST_RELATED = 12
#: Recommendations look at this many of a customer's latest purchases.
_RECENT_PURCHASES = 50
_BEST_FIRST = ("-sold", "-rating_hundredths", "-rating_count", "-id")


class Facet(NamedTuple):
    """A category and the number of products found in it."""

    slug: str
    name: str
    path: str
    hits: int


def products_for_sale() -> QuerySet[Product]:
    return Product.objects.filter(active=True)


def under_category(products: QuerySet[Product], slug: str) -> QuerySet[Product]:
    """Return the products of the category and its subcategories; none if there is no such category."""
    path = Category.objects.filter(slug=slug).values_list("path", flat=True).first()
    return products.filter(category__path__startswith=path) if path else products.none()


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
    products: QuerySet[Product] | None, after: Q, names: Sequence[str], *, descending: bool, limit: int
) -> list[tuple[Any, ...]]:
    """Return the same for these products (None: everything on sale) after a position in the list."""
    chosen = products_for_sale() if products is None else products
    columns = (f"-{name}" if descending else name for name in names)
    return statements.rows_of(chosen.filter(after).order_by(*columns).values_list(*names, "card")[:limit])


def product_page(key: str) -> bytes | None:
    """Return the product of this id or slug as JSON with the available units of each variant, or None."""
    ((column, value),) = _identified(key).items()
    rows = statements.page_rows(column, value)
    if not rows:
        return None
    free = {sku: Counters(*units).available for _, sku, *units in rows if sku}
    page = msgspec.json.decode(rows[0][0])
    for variant in page["variants"]:
        variant["available"] = free.get(variant["sku"], 0)
        variant["in_stock"] = variant["available"] > 0
    return msgspec.json.encode(page)


def related_cards(key: str) -> list[msgspec.Raw] | None:
    """Return the cards of products bought together with it, the most frequent first, then the best of its category.

    Then those of its whole branch of the tree. None if there is no such product.
    """
    found = products_for_sale().filter(**_identified(key)).values_list("id", "category_id", "category__path").first()
    if found is None:
        return None
    product_id, category_id, path = found
    pairs = BoughtTogether.objects.filter(product_id=product_id).order_by("-orders", "other_id")
    cards = _cards(pairs.values_list("other_id", flat=True)[:MOST_RELATED])
    branch = products_for_sale().filter(category__path__startswith=path.split("/", 1)[0] + "/")
    nearest = Case(When(category_id=category_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    return _filled(cards, branch.exclude(id=product_id).order_by(nearest, *_BEST_FIRST))


def recommended_cards(customer_id: UUID | None) -> list[msgspec.Raw]:
    """Return products bought together with the customer's purchases, then the best of the same categories.

    Without purchases or a customer: the best sold and best rated products.
    """
    best = products_for_sale().order_by(*_BEST_FIRST)
    bought = _bought_by(customer_id) if customer_id else []
    if not bought:
        return _filled({}, best)
    pairs = BoughtTogether.objects.filter(product_id__in=bought).exclude(other_id__in=bought)
    scored = pairs.values("other_id").annotate(score=Sum("orders")).order_by("-score", "other_id")
    cards = _cards(scored.values_list("other_id", flat=True)[:MOST_RELATED])
    categories = list(Product.objects.filter(id__in=bought).values_list("category_id", flat=True).distinct())
    liked = Case(When(category_id__in=categories, then=Value(0)), default=Value(1), output_field=IntegerField())
    return _filled(cards, products_for_sale().exclude(id__in=bought).order_by(liked, *_BEST_FIRST))


def interpreted_search(query: str) -> search.Search:
    """Return the search for the query, corrected if its own words find nothing on sale."""
    return search.interpret(query, finds=lambda one: one.among(products_for_sale()).exists())


def facets(found: QuerySet[Product]) -> list[Facet]:
    """Return the number of found products of each category, the largest first."""
    columns = ("category__slug", "category__name", "category__path")
    counts = found.order_by().values_list(*columns).annotate(count=Count("id"))
    return sorted((Facet(*row) for row in statements.rows_of(counts)), key=lambda one: (-one.hits, one.slug))


def found_in(facets: Sequence[Facet], category: str) -> int:
    """Return the number of found products in this category and its subcategories; of all if it is empty."""
    if not category:
        return sum(one.hits for one in facets)
    path = Category.objects.filter(slug=category).values_list("path", flat=True).first()
    return sum(one.hits for one in facets if path and one.path.startswith(path))


def ranked_cards(found: QuerySet[Product], by: search.Search, *, start: int, limit: int) -> list[tuple[Any, ...]]:
    """Return the cards of the found products, the best match first."""
    return statements.rows_of(found.order_by(by.rank(), "id").values_list("card")[start : start + limit])


def category_tree() -> list[dict[str, Any]]:
    """Return the nested categories in the order set by staff; `product_count` includes subcategories."""
    counts = dict(products_for_sale().values_list("category_id").annotate(count=Count("id")).order_by())
    rows = Category.objects.values("id", "parent_id", "slug", "name", "description", "position")
    ordered = sorted(rows, key=lambda row: (row["position"], sort_key(row["name"])))
    nodes: dict[UUID, dict[str, Any]] = {row["id"]: {**row, "children": []} for row in ordered}
    roots: list[dict[str, Any]] = []
    for node in nodes.values():
        above = nodes.get(node["parent_id"])
        (above["children"] if above else roots).append(node)
    return [_category(node, counts) for node in roots]


def _category(node: dict[str, Any], counts: dict[UUID, int]) -> dict[str, Any]:
    children = [_category(child, counts) for child in node["children"]]
    own = {name: node[name] for name in ("slug", "name", "description")}
    total = counts.get(node["id"], 0) + sum(child["product_count"] for child in children)
    return {**own, "product_count": total, "children": children}


def _identified(key: str) -> dict[str, Any]:
    try:
        return {"id": UUID(key)}
    except ValueError:
        return {"slug": key if is_slug(key) else ""}


def _bought_by(customer_id: UUID) -> list[UUID]:
    recent = Purchase.objects.filter(customer_id=customer_id).order_by("-bought_at", "product_id")
    return list(recent.values_list("product_id", flat=True)[:_RECENT_PURCHASES])


def _cards(ids: Iterable[UUID]) -> dict[UUID, msgspec.Raw]:
    wanted = list(ids)
    if not wanted:
        return {}
    found = dict(products_for_sale().filter(id__in=wanted).values_list("id", "card"))
    return {one: msgspec.Raw(found[one].encode()) for one in wanted if one in found}


def _filled(cards: dict[UUID, msgspec.Raw], more: QuerySet[Product]) -> list[msgspec.Raw]:
    """Return `cards` first, then others up to the number that is shown."""
    if len(cards) < MOST_RELATED:
        for product_id, card in more.values_list("id", "card")[: MOST_RELATED * 2]:
            cards.setdefault(product_id, msgspec.Raw(card.encode()))
    return list(cards.values())[:MOST_RELATED]
