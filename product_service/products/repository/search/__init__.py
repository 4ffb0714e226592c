"""The search index: one interface, one adapter for each engine.

The words are rows of SearchEntry and SearchWord, written in the transaction that changes the product. The engine
derives its index from them (triggers on SQLite, a generated column on PostgreSQL), so the index is never stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Length

from products.domain.relevance import relevance
from products.domain.search_words import (
    Group,
    corrections,
    groups_of,
    is_spaced,
    searched_words,
    without_gaps,
    words_of,
)
from products.models import Product, SearchEntry, SearchWord
from products.repository import statements
from products.repository.search import postgresql, sqlite

#: Filter terms: a product has one of each.
Terms = Sequence[Sequence[str]]
#: What relevance is told by.
_TEXTS = {f"{name}_words": f"products_searchentry.{name}" for name in ("name", "keywords", "category")}

_MOST_CANDIDATES = 60
_SHORT = 6


class Engine(Protocol):
    """The operations of a search engine."""

    def matching(self, products: QuerySet[Product], groups: Sequence[Group], terms: Terms) -> QuerySet[Product]:
        """Return the products that have a word of each group and a filter term of each of `terms`."""

    def ordered(self, products: QuerySet[Product], groups: Sequence[Group], terms: Terms) -> QuerySet[Product]:
        """Return the same, so that many of them are read in the order of a column of the product."""

    def tiers(self, products: QuerySet[Product], groups: Sequence[Group], terms: Terms) -> Sequence[QuerySet[Product]]:
        """Return the same in three parts, each the newest first.

        Those with whole words in the name, with beginnings of words in it, and the rest.
        """

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        """Return known words that look like `word`."""


class Search(NamedTuple):
    """An interpreted query. `corrected`: the corrected words of a misspelled one."""

    groups: Sequence[Group]
    corrected: str | None = None

    def among(self, products: QuerySet[Product], terms: Terms = ()) -> QuerySet[Product]:
        """Return the products that are found. `terms`: of filters, which the index applies."""
        return _engine().matching(products, self.groups, terms) if self.groups else products.none()

    def tiers(self, products: QuerySet[Product], terms: Terms) -> Sequence[QuerySet[Product]]:
        """Return the found products in parts by how well they match, each the newest first."""
        return _engine().tiers(products, self.groups, terms) if self.groups else []

    def ordered(self, products: QuerySet[Product], terms: Terms) -> QuerySet[Product]:
        """Return the products that are found, many of them, to be read in the order of a column."""
        return _engine().ordered(products, self.groups, terms) if self.groups else products.none()

    def ranked_cards(self, products: QuerySet[Product], terms: Terms, *, most: int) -> list[str]:
        """Return the cards of the products that are found, at most `most`, the best match first."""
        found = self.among(products, terms).extra(select=_TEXTS)  # noqa: S610 (names of columns)
        rows = statements.rows_of(found.values_list(*_TEXTS, "id", "card")[:most])
        rows.sort(key=lambda row: (-relevance(self.groups, row[: len(_TEXTS)]), str(row[-2])))
        return [row[-1] for row in rows]


def put(products: Sequence[tuple[Product, str]]) -> None:
    """Index the current state of the products, each with its filter terms; an inactive one is removed."""
    SearchEntry.objects.filter(product__in=[product for product, _ in products if not product.active]).delete()
    active = {product.id: (product, filters) for product, filters in products if product.active}
    known = {entry.product_id: entry for entry in SearchEntry.objects.filter(product__in=list(active))}
    for product_id, entry in known.items():
        product, filters = active[product_id]
        values = {**_texts(product), "filters": filters}
        changed = [name for name, value in values.items() if getattr(entry, name) != value]
        for name in changed:
            setattr(entry, name, values[name])
        if changed:
            entry.save(update_fields=changed)
    add([one for product_id, one in active.items() if product_id not in known])
    _learn_words([active[product_id][0] for product_id in known])


def add(products: Sequence[tuple[Product, str]]) -> None:
    """Index new active products, each with its filter terms."""
    SearchEntry.objects.bulk_create(
        SearchEntry(product=product, filters=filters, **_texts(product)) for product, filters in products
    )
    _learn_words([product for product, _ in products])


def put_filters(filters: Mapping[UUID, str]) -> None:
    """Store the filter terms of these products, as far as they are indexed."""
    entries = list(SearchEntry.objects.filter(product__in=list(filters)).only("product_id"))
    for entry in entries:
        entry.filters = filters[entry.product_id]
    statements.update_each(entries, ["filters"])


def interpret(query: str, *, finds: Callable[[Search], bool]) -> Search:
    """Return the first of these that `finds` something: as written, without hyphens (as in a SKU), corrected."""
    words = searched_words(query)
    as_written = Search(groups_of(words))
    if not words or finds(as_written):
        return as_written
    joined = searched_words(without_gaps(query))
    if joined != words and finds(without_hyphens := Search(groups_of(joined))):
        return without_hyphens
    engine = _engine()
    options = [corrections(word, _candidates(engine, word)) or [word] for word in words]
    if options == [[word] for word in words]:
        return as_written
    corrected = Search([Group(group) for group in options], " ".join(group[0] for group in options))
    return corrected if finds(corrected) else as_written


def _candidates(engine: Engine, word: str) -> set[str]:
    """Return words that look alike, and for a short word those with its first letter: a swap leaves it no trigram."""
    found = set(engine.similar_words(word, limit=_MOST_CANDIDATES))
    if len(word) <= _SHORT:
        near = SearchWord.objects.filter(word__gte=word[0], word__lt=chr(ord(word[0]) + 1)).annotate(
            size=Length("word")
        )
        near = near.filter(size__gte=len(word) - 1, size__lte=len(word) + 1)
        found.update(near.values_list("word", flat=True)[: 5 * _MOST_CANDIDATES])
    return found


def _texts(product: Product) -> dict[str, str]:
    return {field: " ".join(words) for field, words in _parts(product).items()}


def _learn_words(products: Iterable[Product]) -> None:
    """Add the words of these products. A misspelled word is never corrected to a part of a SKU."""
    texts = (some for product in products for some in _parts(product, with_skus=False).values())
    words = {word for some in texts for word in some if is_spaced(word)}
    known = set(SearchWord.objects.filter(word__in=words).values_list("word", flat=True))
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(words - known)), ignore_conflicts=True)


def _parts(product: Product, *, with_skus: bool = True) -> dict[str, list[str]]:
    keywords: list[str] = []
    for variant in product.variants.all():
        if variant.active:
            sku = f"{variant.sku} {without_gaps(variant.sku)}" if with_skus else ""
            keywords += words_of(f"{variant.name} {sku} {' '.join(variant.options.values())}")
    return {
        "name": words_of(product.name),
        "category": words_of(product.category.path.replace("/", " ") + product.category.name),
        "keywords": list(dict.fromkeys(keywords)),
        "description": words_of(product.description),
    }


def _engine() -> Engine:
    return postgresql.PostgreSQL() if connection.vendor == "postgresql" else sqlite.SQLite()
