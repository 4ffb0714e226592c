"""FTS5: one index of the entries, ranked by bm25, and a trigram index of the words."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Expression, FloatField, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.search_words import Group
from products.models import Product

_TABLES = ["products_search", "products_searchentry"]
_WHERE = [
    "products_search MATCH %s",
    "products_searchentry.id = products_search.rowid",
    "products_searchentry.product_id = products_product.id",
]
#: Weights of name, category, keywords, description.
_RANK = "bm25(products_search, 10.0, 4.0, 5.0, 1.0)"
_SIMILAR = "SELECT word FROM products_trigrams WHERE products_trigrams MATCH %s ORDER BY rank LIMIT %s"


class SQLite:
    def matching(self, products: QuerySet[Product], groups: Sequence[Group]) -> QuerySet[Product]:
        return products.extra(tables=_TABLES, where=_WHERE, params=[_query(groups)])  # noqa: S610 (ours; words come as a parameter)

    def rank(self, groups: Sequence[Group]) -> Expression:
        return RawSQL(_RANK, [], output_field=FloatField())  # noqa: S611

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        trigrams = {word[i : i + 3] for i in range(len(word) - 2)}
        if not trigrams:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [" OR ".join(f'"{one}"' for one in sorted(trigrams)), limit])
            return [row[0] for row in cursor.fetchall()]


def _query(groups: Sequence[Group]) -> str:
    """Return the FTS5 query. A quoted string has no operators."""
    alternatives = (
        [*(f'"{word}"*' for word in group.beginnings), *(f'"{word}"' for word in group.words)] for group in groups
    )
    return " AND ".join(f"({' OR '.join(words)})" for words in alternatives)
