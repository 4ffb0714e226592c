"""FTS5: one index of the entries, and a trigram index of the words."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.search_words import Group
from products.models import Product

_TABLES = ["products_search", "products_searchentry"]
_WHERE = [
    "products_search MATCH %s",
    "products_searchentry.id = products_search.rowid",
    "products_searchentry.product_id = products_product.id",
]
_TEXTS = "name category keywords description"
_ALL_TEXTS, _FILTERS = (
    " || ".join(["' '", *(f"products_searchentry.{name} || ' '" for name in names.split())])
    for names in (_TEXTS, "filters")
)
_SIMILAR = "SELECT word FROM products_trigrams WHERE products_trigrams MATCH %s ORDER BY rank LIMIT %s"


class SQLite:
    def matching(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> QuerySet[Product]:
        return _where(products, _query(groups, _TEXTS), terms)

    def tiers(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> list[QuerySet[Product]]:
        whole, begun, anything = _query(groups, "name", begun=False), _query(groups, "name"), _query(groups, _TEXTS)
        parts = (whole, f"({begun}) NOT ({whole})", f"({anything}) NOT ({begun})")
        newest = RawSQL("products_search.rowid", [], output_field=IntegerField()).desc()
        return [_where(products, one, terms).order_by(newest) for one in parts]

    def ordered(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> QuerySet[Product]:
        """Look for the words in the entry of each product: for one row that costs less than to ask the index."""
        words = [[*(f" {one}" for one in group.beginnings), *(f" {one} " for one in group.words)] for group in groups]
        sought = [(_ALL_TEXTS, one) for one in words] + [(_FILTERS, [f" {term} " for term in one]) for one in terms]
        where = [_any_of([f"instr({text}, %s)"] * len(either)) for text, either in sought]
        own = "products_searchentry.product_id = products_product.id"
        params = [word for _, either in sought for word in either]
        return products.extra(tables=["products_searchentry"], where=[own, *where], params=params)  # noqa: S610

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        trigrams = {word[i : i + 3] for i in range(len(word) - 2)}
        if not trigrams:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [" OR ".join(f'"{one}"' for one in sorted(trigrams)), limit])
            return [row[0] for row in cursor.fetchall()]


def _where(products: QuerySet[Product], query: str, terms: Sequence[Sequence[str]]) -> QuerySet[Product]:
    filters = (f"filters : {_any_of([_quoted(term) for term in group])}" for group in terms)
    match = " AND ".join([f"({query})", *filters])
    return products.extra(tables=_TABLES, where=_WHERE, params=[match])  # noqa: S610 (ours; words come as a parameter)


def _query(groups: Sequence[Group], columns: str, *, begun: bool = True) -> str:
    """Return the FTS5 query in these columns. `begun`: beginnings of words count."""
    sign = "*" if begun else ""
    every = " AND ".join(
        _any_of([*(_quoted(word) + sign for word in group.beginnings), *map(_quoted, group.words)]) for group in groups
    )
    return f"{{{columns}}} : ({every})"


def _quoted(word: str) -> str:
    """Return the word as a string, in which FTS5 knows no operators."""
    return f'"{word}"'


def _any_of(words: Sequence[str]) -> str:
    return f"({' OR '.join(words)})"
