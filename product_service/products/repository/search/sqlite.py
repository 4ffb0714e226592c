"""FTS5: one index of the entries, ranked by bm25, and a trigram index of the words."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

#: Weights of name, category, keywords, description.
_FIND = """
    SELECT entry.product_id FROM products_search JOIN products_searchentry entry ON entry.id = products_search.rowid
    WHERE products_search MATCH %s ORDER BY bm25(products_search, 10.0, 4.0, 5.0, 1.0) LIMIT %s
"""
_SIMILAR = "SELECT word FROM products_trigrams WHERE products_trigrams MATCH %s ORDER BY rank LIMIT %s"


class SQLite:
    def find(self, groups: Sequence[Sequence[str]], *, limit: int) -> list[UUID]:
        alternatives = (" OR ".join(f'"{word}"*' for word in group) for group in groups)
        query = " AND ".join(f"({group})" for group in alternatives)
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [query, limit])
            return [UUID(row[0]) for row in cursor.fetchall()]

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        trigrams = {word[i : i + 3] for i in range(len(word) - 2)}
        if not trigrams:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [" OR ".join(f'"{one}"' for one in sorted(trigrams)), limit])
            return [row[0] for row in cursor.fetchall()]
