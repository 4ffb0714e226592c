"""Terms by which the search index filters: categories, options of variants, and whether there is stock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID


def category_term(category_id: UUID) -> str:
    return f"c{category_id.hex}"


def option_filter_term(stored: str) -> str:
    """Return the term of an option as `catalog.option_term` stores it."""
    return f"o{hashlib.blake2b(stored.encode(), digest_size=8).hexdigest()}"


def stock_term(*, in_stock: bool) -> str:
    return "s1" if in_stock else "s0"


def filter_terms(categories: Iterable[UUID], options: Iterable[str], *, in_stock: bool) -> str:
    """Return all terms of a product: its category with the ancestors, the options of its variants, its stock."""
    terms = [category_term(one) for one in categories] + sorted({option_filter_term(one) for one in options})
    return " ".join([*terms, stock_term(in_stock=in_stock)])
