"""The search index: one interface, one adapter for each engine.

The words are rows of SearchEntry and SearchWord, written in the transaction that changes the product. The engine
derives its index from them (triggers on SQLite, a generated column on PostgreSQL), so the index is never stale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.models.functions import Length

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
from products.repository.search import postgresql, sqlite

_MOST_CANDIDATES = 60
_SHORT = 6


class Engine(Protocol):
    """The operations of a search engine."""

    def matching(self, products: QuerySet[Product], groups: Sequence[Group]) -> QuerySet[Product]:
        """Return the products that have a word of each group."""

    def rank(self, groups: Sequence[Group]) -> Expression:
        """Return the rank by which `matching` is ordered; the best match has the lowest."""

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        """Return known words that look like `word`."""


class Search(NamedTuple):
    """An interpreted query. `corrected`: the corrected words of a misspelled one."""

    groups: Sequence[Group]
    corrected: str | None = None

    def among(self, products: QuerySet[Product]) -> QuerySet[Product]:
        """Return the products that are found."""
        return _engine().matching(products, self.groups) if self.groups else products.none()

    def rank(self) -> Expression:
        return _engine().rank(self.groups)


def put(product: Product) -> None:
    """Index the current state of the product; an inactive one is removed."""
    if not product.active:
        SearchEntry.objects.filter(product=product).delete()
        return
    parts = _parts(product)
    texts = {field: " ".join(words) for field, words in parts.items()}
    SearchEntry.objects.update_or_create(product=product, defaults=texts)
    # A misspelled word is never corrected to a part of a SKU.
    known = {word for words in _parts(product, with_skus=False).values() for word in words if is_spaced(word)}
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(known)), ignore_conflicts=True)


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
        near = SearchWord.objects.annotate(size=Length("word")).filter(size__gte=len(word) - 1, size__lte=len(word) + 1)
        found.update(near.filter(word__startswith=word[0]).values_list("word", flat=True)[: 5 * _MOST_CANDIDATES])
    return found


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
