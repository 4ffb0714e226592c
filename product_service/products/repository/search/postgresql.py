"""Full text over a generated tsvector, ranked by ts_rank, and pg_trgm for the words."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

_FIND = """
    SELECT product_id FROM products_searchentry, to_tsquery('simple', %s) query
    WHERE document @@ query ORDER BY ts_rank(document, query) DESC, id LIMIT %s
"""
_SIMILAR = """
    SELECT word FROM products_searchword WHERE word LIKE %s OR word %% %s
    ORDER BY similarity(word, %s) DESC, word LIMIT %s
"""


class PostgreSQL:
    def find(self, groups: Sequence[Sequence[str]], *, limit: int) -> list[UUID]:
        query = " & ".join(f"({' | '.join(f'{word}:*' for word in group)})" for group in groups)
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [query, limit])
            return [row[0] for row in cursor.fetchall()]

    def similar_words(self, word: str, *, limit: int) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR, [f"%{word}%", word, word, limit])
            return [row[0] for row in cursor.fetchall()]
