"""Search in our own database: SQLite by FTS5, PostgreSQL by its full text. Both fold accents and stem.

PostgreSQL has a generated column (`search_vector`, migration 0002) and needs no help. SQLite has a table
beside the reviews (`reviews_text`), in which a review's id is one more word: so its row is found without a scan.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from reviews.models import Review
from reviews.search.port import BEGIN, END, Asked, Hit, Hits

_FILTERS = """
    AND review.status = 'published'
    AND (%(product_id)s IS NULL OR review.product_id = %(product_id)s)
    AND (%(stars)s IS NULL OR review.stars = %(stars)s)
"""

#: Columns: id, title, text. A word in the title counts four times.
_SQLITE = f"""
    SELECT review.id, highlight(reviews_text, 1, '{BEGIN}', '{END}'),
           snippet(reviews_text, 2, '{BEGIN}', '{END}', '…', 48)
    FROM reviews_text JOIN reviews_review review ON review.id = reviews_text.id
    WHERE reviews_text MATCH %(query)s {_FILTERS}
    ORDER BY bm25(reviews_text, 0, 4.0, 1.0), review.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 (all of it is ours; what is asked comes as parameters)

_MARKS = f"StartSel={BEGIN},StopSel={END}"
#: Of a word that is in every other review, the newest 2,000 are ranked.
_POSTGRES = f"""
    WITH asked AS (
        SELECT to_tsquery('souk_english'::regconfig, %(query)s)
            || to_tsquery('souk_german'::regconfig, %(query)s) AS query
    ), fitting AS (
        SELECT id, title, text, search_vector, query FROM reviews_review review, asked
        WHERE search_vector @@ query {_FILTERS}
        ORDER BY id DESC LIMIT 2000
    ), found AS (
        SELECT id, title, text, query, ts_rank(search_vector, query) AS rank FROM fitting
        ORDER BY rank DESC, id DESC
        LIMIT %(limit)s OFFSET %(offset)s
    )
    SELECT id, ts_headline('souk_english'::regconfig, title, query, '{_MARKS},HighlightAll=true'),
           ts_headline('souk_english'::regconfig, text, query, '{_MARKS},MaxWords=48,MinWords=20,MaxFragments=2')
    FROM found ORDER BY rank DESC, id DESC
"""  # noqa: S608


def search(asked: Asked) -> Hits:
    """All words, each also as the beginning of a longer one; the best first."""
    if not asked.words:
        return Hits([], more=False)
    sqlite = connection.vendor == "sqlite"
    values: dict[str, Any] = {
        "query": _sqlite_query(asked.words) if sqlite else _postgres_query(asked.words),
        "product_id": _stored(asked.product_id),
        "stars": asked.stars,
        "limit": asked.limit + 1,
        "offset": asked.offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE if sqlite else _POSTGRES, values)
        rows = cursor.fetchall()
    hits = [Hit(review_id=UUID(str(id_)), title=title, text=text) for id_, title, text in rows[: asked.limit]]
    return Hits(hits, more=len(rows) > asked.limit)


def put(review_id: UUID, *, title: str, text: str, shown: bool) -> None:
    """Keep SQLite's index in step; PostgreSQL does so by itself."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reviews_text WHERE rowid IN (SELECT rowid FROM reviews_text WHERE reviews_text MATCH %s)",
            [f'id : "{review_id.hex}"'],
        )
        if shown:
            cursor.execute(
                "INSERT INTO reviews_text (id, title, text) VALUES (%s, %s, %s)", [review_id.hex, title, text]
            )


def rebuild() -> int:
    """Fill SQLite's index anew from the reviews; how many there are."""
    published = Review.objects.filter(status="published")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reviews_text")
            cursor.execute(
                "INSERT INTO reviews_text (id, title, text) "
                "SELECT id, title, text FROM reviews_review WHERE status = 'published'"
            )
    return published.count()


def _sqlite_query(words: list[str]) -> str:
    """FTS5 reads a quoted text as words and nothing else."""
    return "{title text} : (" + " AND ".join(f'"{word}"*' for word in words) + ")"


def _postgres_query(words: list[str]) -> str:
    return " & ".join(f"'{word}':*" for word in words)


def _stored(id_: UUID | None) -> Any:
    return id_.hex if id_ and connection.vendor == "sqlite" else id_
