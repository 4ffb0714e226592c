"""The search index: one interface, one adapter for each engine.

The words stand in plain rows (SearchEntry, SearchWord), written in the transaction that changes the product. The
engine derives its own index from them by itself (triggers on SQLite, a generated column on PostgreSQL): never stale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.models.functions import Length

from products.domain.words import Group, corrections, groups_of, is_spaced, searched_words, without_gaps, words_of
from products.models import Product, SearchEntry, SearchWord
from products.repository.search import postgresql, sqlite

_MOST_CANDIDATES = 60
_SHORT = 6


class Engine(Protocol):
    """What an engine must know."""

    def matching(self, products: QuerySet[Product], groups: Sequence[Group]) -> QuerySet[Product]:
        """Those of the products that have a word of each group."""

    def rank(self, groups: Sequence[Group]) -> Expression:
        """What `matching` is ordered by: the best match has the lowest."""

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        """Known words that look like `word`."""


class Search(NamedTuple):
    """A query as it was understood. `corrected`: how a misspelled one was."""

    groups: Sequence[Group]
    corrected: str | None = None

    def among(self, products: QuerySet[Product]) -> QuerySet[Product]:
        """Those of the products that are found."""
        return _engine().matching(products, self.groups) if self.groups else products.none()

    def rank(self) -> Expression:
        return _engine().rank(self.groups)


def put(product: Product) -> None:
    """Index the product as it is now; an inactive one is not found."""
    if not product.active:
        SearchEntry.objects.filter(product=product).delete()
        return
    parts = _parts(product)
    texts = {field: " ".join(words) for field, words in parts.items()}
    SearchEntry.objects.update_or_create(product=product, defaults=texts)
    # Nobody means a piece of a SKU by a misspelled word.
    known = {word for words in _parts(product, with_skus=False).values() for word in words if is_spaced(word)}
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(known)), ignore_conflicts=True)


def understood(query: str, *, finds: Callable[[Search], bool]) -> Search:
    """The words as they stand, then closed up (a SKU without its hyphens), then corrected: the first that `finds`."""
    words = searched_words(query)
    as_written = Search(groups_of(words))
    if not words or finds(as_written):
        return as_written
    closed = searched_words(without_gaps(query))
    if closed != words and finds(closed_up := Search(groups_of(closed))):
        return closed_up
    engine = _engine()
    meant = [corrections(word, _candidates(engine, word)) or [word] for word in words]
    if meant == [[word] for word in words]:
        return as_written
    corrected = Search([Group(group) for group in meant], " ".join(group[0] for group in meant))
    return corrected if finds(corrected) else as_written


def _candidates(engine: Engine, word: str) -> set[str]:
    """Words that look alike. In a short one a swap leaves no trigram whole: so those with its first letter, too."""
    found = set(engine.similar_words(word, limit=_MOST_CANDIDATES))
    if len(word) <= _SHORT:
        near = SearchWord.objects.annotate(size=Length("word")).filter(size__range=(len(word) - 1, len(word) + 1))
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
