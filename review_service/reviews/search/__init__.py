"""Full-text search in published reviews, behind one small interface.

The database always can: its index changes in the transaction that changes the review. Elasticsearch,
where ELASTICSEARCH_URL is set, ranks better and forgives typing errors; it is told a moment later by
the IndexTask rows, and while it is away the database answers.
"""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings

from reviews.domain.review import Review, Status
from reviews.models import IndexTask
from reviews.search import database
from reviews.search.port import Asked, Hits, ReviewIndex, SearchAway

log = structlog.get_logger(__name__)

#: After a failure, Elasticsearch is left alone for so long; a request does not wait for it again.
PAUSE_SECONDS = 10.0

_away_until = 0.0


def search(asked: Asked) -> Hits:
    """The best engine that answers."""
    global _away_until
    index = elasticsearch_index()
    if index is not None and time.monotonic() >= _away_until:
        try:
            return index.search(asked)
        except SearchAway as error:
            _away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("elasticsearch_away", error=str(error), answered_by="database")
    return database.search(asked)


def elasticsearch_index() -> ReviewIndex | None:
    """None where ELASTICSEARCH_URL is not set; its packages are then not even imported."""
    if not settings.ELASTICSEARCH_URL:
        return None
    from reviews.search.elasticsearch import ElasticsearchIndex

    return ElasticsearchIndex(settings.ELASTICSEARCH_URL, alias=settings.ELASTICSEARCH_INDEX)


def review_changed(review: Review, *, now: datetime) -> None:
    """Called in the transaction that stores the review, with the version before it."""
    shown = review.status is Status.PUBLISHED
    database.put(review.id, title=review.words.title, text=review.words.text, shown=shown)
    if settings.ELASTICSEARCH_URL:
        tell_elasticsearch([(review.id, review.version + 1)], now=now)


def tell_elasticsearch(reviews: list[tuple[UUID, int]], *, now: datetime) -> None:
    """Write or renew the due rows of these reviews (id and version)."""
    IndexTask.objects.bulk_create(
        [IndexTask(review_id=review_id, version=version, due_at=now) for review_id, version in reviews],
        update_conflicts=True,
        unique_fields=["review_id"],
        update_fields=["version", "due_at"],
    )
