"""The category tree, with the number of products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from products.domain.sort_key import sort_key
from products.models import Category
from products.queries.lists import products_for_sale
from products.repository import counts, statements

#: A catalog with more products is not counted for every reader.
MOST_COUNTED = 1_000
_BY_CATEGORY = "products by category"


def category_tree() -> list[dict[str, Any]]:
    """Return the nested categories in the order set by staff; `product_count` includes subcategories."""
    products = products_by_category()
    rows = Category.objects.values("id", "parent_id", "slug", "name", "description", "position")
    ordered = sorted(rows, key=lambda row: (row["position"], sort_key(row["name"])))
    nodes: dict[UUID, dict[str, Any]] = {row["id"]: {**row, "children": []} for row in ordered}
    roots: list[dict[str, Any]] = []
    for node in nodes.values():
        above = nodes.get(node["parent_id"])
        (above["children"] if above else roots).append(node)
    return [_category(node, products) for node in roots]


def products_by_category() -> dict[str, int]:
    """Return the number of products on sale by the slug of their category; of a large catalog at most a minute old."""
    if not counts.kept(_BY_CATEGORY):
        rows = statements.facets(products_for_sale(), limit=MOST_COUNTED + 1)
        if sum(row[-1] for row in rows) <= MOST_COUNTED:
            return {slug: number for slug, _, _, number in rows}
    rows = counts.rows(_BY_CATEGORY, lambda: statements.facets(products_for_sale()))
    return {slug: number for slug, _, _, number in rows}


def _category(node: dict[str, Any], products: dict[str, int]) -> dict[str, Any]:
    children = [_category(child, products) for child in node["children"]]
    own = {name: node[name] for name in ("slug", "name", "description")}
    total = products.get(node["slug"], 0) + sum(child["product_count"] for child in children)
    return {**own, "product_count": total, "children": children}
