"""Full text over a generated tsvector, ranked by ts_rank, and pg_trgm for the words."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Expression, FloatField, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.search_words import Group
from products.models import Product

_ENTRY = "products_searchentry"
_SIMILAR = """
    SELECT word FROM products_searchword WHERE word LIKE %s OR word %% %s
    ORDER BY similarity(word, %s) DESC, word LIMIT %s
"""


class PostgreSQL:
    def matching(self, products: QuerySet[Product], groups: Sequence[Group]) -> QuerySet[Product]:
        where = [f"{_ENTRY}.product_id = products_product.id", f"{_ENTRY}.document @@ to_tsquery('simple', %s)"]
        return products.extra(tables=[_ENTRY], where=where, params=[_query(groups)])  # noqa: S610 (ours; words come as a parameter)

    def rank(self, groups: Sequence[Group]) -> Expression:
        rank = f"-ts_rank({_ENTRY}.document, to_tsquery('simple', %s))"
        return RawSQL(rank, [_query(groups)], output_field=FloatField())  # noqa: S611

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [f"%{word}%", word, word, limit])
            return [row[0] for row in cursor.fetchall()]


def _query(groups: Sequence[Group]) -> str:
    """Return the tsquery. Words consist of letters and digits, so none is an operator."""
    alternatives = ([*(f"{word}:*" for word in group.beginnings), *group.words] for group in groups)
    return " & ".join(f"({' | '.join(words)})" for words in alternatives)
