"""Full text over a generated tsvector, and pg_trgm for the words."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.search_words import Group
from products.models import Product

_ENTRY = "products_searchentry"
_DOCUMENT = f"{_ENTRY}.document @@"
_QUERY = "(to_tsquery('simple', %s) && %s::tsquery)"
_SIMILAR = """
    SELECT word FROM products_searchword WHERE word LIKE %s OR word %% %s
    ORDER BY similarity(word, %s) DESC, word LIMIT %s
"""
#: The weight of the name's words.
_NAME = "A"


class PostgreSQL:
    def matching(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> QuerySet[Product]:
        return _where(products, _query(groups), terms)

    def tiers(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> list[QuerySet[Product]]:
        whole, begun = (_query(groups, begun=begun, weight=_NAME) for begun in (False, True))
        parts = (whole, f"{begun} & !({whole})", f"{_query(groups)} & !({begun})")
        newest = RawSQL(f"{_ENTRY}.id", [], output_field=IntegerField()).desc()  # noqa: S611
        return [_where(products, one, terms).order_by(newest) for one in parts]

    def ordered(
        self, products: QuerySet[Product], groups: Sequence[Group], terms: Sequence[Sequence[str]]
    ) -> QuerySet[Product]:
        return self.matching(products, groups, terms)

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [f"%{word}%", word, word, limit])
            return [row[0] for row in cursor.fetchall()]


def _where(products: QuerySet[Product], query: str, terms: Sequence[Sequence[str]]) -> QuerySet[Product]:
    where, params = f"{_DOCUMENT} to_tsquery('simple', %s)", [query]
    if terms:
        where, params = f"{_DOCUMENT} {_QUERY}", [query, _filters(terms)]
    own = f"{_ENTRY}.product_id = products_product.id"
    return products.extra(tables=[_ENTRY], where=[own, where], params=params)  # noqa: S610 (ours; words come as a parameter)


def _query(groups: Sequence[Group], *, begun: bool = True, weight: str = "") -> str:
    """Return the tsquery. Words consist of letters and digits, so none is an operator.

    `begun`: beginnings of words count; `weight`: only words of this weight do.
    """
    beginning, whole = (f":*{weight}" if begun else f":{weight}"), f":{weight}"
    return " & ".join(
        _any_of([*(f"{word}{beginning}" for word in group.beginnings), *(f"{word}{whole}" for word in group.words)])
        for group in groups
    )


def _filters(terms: Sequence[Sequence[str]]) -> str:
    """Return the tsquery of filter terms. They begin with `=`, as no word does (migration 0011)."""
    return " & ".join(_any_of([f"'={term}'" for term in group]) for group in terms)


def _any_of(words: Sequence[str]) -> str:
    return f"({' | '.join(words)})"
