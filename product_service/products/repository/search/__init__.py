"""The search index: one interface, one adapter for each engine.

The words stand in plain rows (SearchEntry, SearchWord), written in the transaction that changes the product. The
engine derives its own index from them by itself (triggers on SQLite, a generated column on PostgreSQL): never stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from django.db import connection
from django.db.models.functions import Length

from products.domain.words import corrections, forms, searched_words, words_of
from products.models import Product, SearchEntry, SearchWord
from products.repository.search import postgresql, sqlite

#: Nobody pages further; a query that finds more is too vague.
MOST_HITS = 200
_MOST_CANDIDATES = 60
_SHORT = 6


class Engine(Protocol):
    """What an engine must know. A group holds the forms of one word; each group must be matched, by prefix."""

    def find(self, groups: Sequence[Sequence[str]], *, limit: int) -> list[UUID]:
        """Product ids, the best match first."""

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        """Known words that look like `word`."""


def put(product: Product) -> None:
    """Index the product as it is now; an inactive one is not found."""
    if not product.active:
        SearchEntry.objects.filter(product=product).delete()
        return
    parts = _parts(product)
    texts = {field: " ".join(words) for field, words in parts.items()}
    SearchEntry.objects.update_or_create(product=product, defaults=texts)
    # Nobody means a piece of a SKU by a misspelled word.
    known = {word for words in _parts(product, with_skus=False).values() for word in words}
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(known)), ignore_conflicts=True)


def find(query: str) -> tuple[list[UUID], str | None]:
    """The best matches first, and the query as it was understood when it seems to be misspelled."""
    words = searched_words(query)
    if not words:
        return [], None
    engine = _engine()
    hits = engine.find([forms(word) for word in words], limit=MOST_HITS)
    if hits:
        return hits, None
    meant = [corrections(word, _candidates(engine, word)) or [word] for word in words]
    if meant == [[word] for word in words]:
        return [], None
    hits = engine.find(meant, limit=MOST_HITS)
    return hits, " ".join(group[0] for group in meant) if hits else None


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
            sku = variant.sku if with_skus else ""
            keywords += words_of(f"{variant.name} {sku} {' '.join(variant.options.values())}")
    return {
        "name": words_of(product.name),
        "category": words_of(product.category.path.replace("/", " ") + product.category.name),
        "keywords": list(dict.fromkeys(keywords)),
        "description": words_of(product.description),
    }


def _engine() -> Engine:
    return postgresql.PostgreSQL() if connection.vendor == "postgresql" else sqlite.SQLite()
