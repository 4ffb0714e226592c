"""Search in the service's own database: FTS5 on SQLite, full text on PostgreSQL. Both fold accents and stem.

PostgreSQL has a generated column (`search_vector`, migration 0005). SQLite has a table (`reviews_text`) in which the id
of a review is one more word, so that its row is found without a scan. Both index each character of a script without
spaces as a word (`search_words.separated`), and such a word of a query must match these characters in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import regex
from django.db import connection

from reviews.domain.search_words import (
    SEPARATOR,
    UNSPACED,
    Alternatives,
    alternatives,
    is_unspaced,
    joined,
    separated,
)
from reviews.models import Review
from reviews.search.port import BEGIN, END, Hit, Hits, SearchQuery, passages

_FILTERS = """
    AND review.status = 'published'
    AND (%(product_id)s IS NULL OR review.product_id = %(product_id)s)
    AND (%(stars)s IS NULL OR review.stars = %(stars)s)
"""

#: Columns: id, title, text. A word in the title counts four times.
_SQLITE = f"""
    SELECT review.id, highlight(reviews_text, 1, '{BEGIN}', '{END}'), highlight(reviews_text, 2, '{BEGIN}', '{END}')
    FROM reviews_text JOIN reviews_review review ON review.id = reviews_text.id
    WHERE reviews_text MATCH %(query)s {_FILTERS}
    ORDER BY bm25(reviews_text, 0, 4.0, 1.0), review.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 (constants; the query comes as parameters)


def _separated(column: str) -> str:
    """Return the SQL of `search_words.separated`."""
    return f"regexp_replace({column}, '([{UNSPACED}])', '{SEPARATOR}\\1{SEPARATOR}', 'g')"


_MARKS = f"StartSel={BEGIN},StopSel={END},HighlightAll=true"
#: Of a word in very many reviews, the newest 2,000 are ranked.
_POSTGRES = f"""
    WITH asked AS (
        SELECT to_tsquery('souk_english'::regconfig, %(query)s)
            || to_tsquery('souk_german'::regconfig, %(query)s) AS query
    ), matching AS (
        SELECT id, title, text, search_vector, query FROM reviews_review review, asked
        WHERE search_vector @@ query {_FILTERS}
        ORDER BY id DESC LIMIT 2000
    ), found AS (
        SELECT id, title, text, query, ts_rank(search_vector, query) AS rank FROM matching
        ORDER BY rank DESC, id DESC
        LIMIT %(limit)s OFFSET %(offset)s
    )
    SELECT id, ts_headline('souk_english'::regconfig, {_separated("title")}, query, '{_MARKS}'),
           ts_headline('souk_english'::regconfig, {_separated("text")}, query, '{_MARKS}')
    FROM found ORDER BY rank DESC, id DESC
"""  # noqa: S608


def search(query: SearchQuery) -> Hits:
    """Return the reviews with all words, each also as the beginning of a longer one or in another number."""
    if not query.words:
        return Hits([], more=False)
    wanted = [alternatives(word) for word in query.words]
    sqlite = connection.vendor == "sqlite"
    values: dict[str, Any] = {
        "query": _sqlite_query(wanted) if sqlite else _postgres_query(wanted),
        "product_id": _stored(query.product_id),
        "stars": query.stars,
        "limit": query.limit + 1,
        "offset": query.offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE if sqlite else _POSTGRES, values)
        rows = cursor.fetchall()
    marked = joined if sqlite else _marking([word for word in query.words if is_unspaced(word)])
    hits = [
        Hit(review_id=UUID(str(id_)), title=marked(title), text=passages(marked(text)))
        for id_, title, text in rows[: query.limit]
    ]
    return Hits(hits, more=len(rows) > query.limit)


def put(review_id: UUID, *, title: str, text: str, shown: bool) -> None:
    """Update SQLite's index; PostgreSQL updates its own."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reviews_text WHERE rowid IN (SELECT rowid FROM reviews_text WHERE reviews_text MATCH %s)",
            [f'id : "{review_id.hex}"'],
        )
        if shown:
            _insert(cursor, [(review_id.hex, title, text)])


def rebuild() -> int:
    """Fill SQLite's index from the published reviews, and return their number."""
    published = Review.objects.filter(status="published")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reviews_text")
            rows = published.values_list("id", "title", "text").iterator()
            _insert(cursor, ((id_.hex, title, text) for id_, title, text in rows))
    return published.count()


def _insert(cursor: Any, rows: Iterable[tuple[str, str, str]]) -> None:
    cursor.executemany(
        "INSERT INTO reviews_text (id, title, text) VALUES (%s, %s, %s)",
        ((id_, separated(title), separated(text)) for id_, title, text in rows),
    )


def _sqlite_query(wanted: Iterable[Alternatives]) -> str:
    """Return the FTS5 query. A quoted string has no operators."""
    return "{title text} : (" + " AND ".join(_sqlite_alternatives(one) for one in wanted) + ")"


def _sqlite_alternatives(one: Alternatives) -> str:
    if one.characters:
        return f'"{" ".join(one.characters)}"'
    texts = [*(f'"{text}"*' for text in one.beginnings), *(f'"{text}"' for text in one.words)]
    return f"({' OR '.join(texts)})"


def _postgres_query(wanted: Iterable[Alternatives]) -> str:
    return " & ".join(_postgres_alternatives(one) for one in wanted)


def _postgres_alternatives(one: Alternatives) -> str:
    if one.characters:
        return " <-> ".join(f"'{text}'" for text in one.characters)
    texts = [*(f"'{text}':*" for text in one.beginnings), *(f"'{text}'" for text in one.words)]
    return f"({' | '.join(texts)})"


def _marking(unspaced: list[str]) -> Callable[[str], str]:
    """Return a function that joins a headline and marks these words in it.

    PostgreSQL marks each of their characters wherever it is, so these marks are removed.
    """
    single = regex.compile(rf"{BEGIN}([{UNSPACED}]+){END}")
    words = [r"\p{M}*".join(regex.escape(one) for one in alternatives(word).characters) for word in unspaced]
    found = regex.compile("|".join(sorted(words, key=len, reverse=True))) if words else None

    def marked(headline: str) -> str:
        text: str = single.sub(r"\1", joined(headline))
        return str(found.sub(rf"{BEGIN}\g<0>{END}", text)) if found else text

    return marked


def _stored(id_: UUID | None) -> Any:
    return id_.hex if id_ and connection.vendor == "sqlite" else id_
