"""Full-text search in published reviews, with one interface for two engines.

The index of the database changes in the transaction that changes the review. Elasticsearch, if ELASTICSEARCH_URL is
set, ranks better and forgives typing errors; IndexTask rows update it a moment later, and the database answers while
it is unavailable.
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
from reviews.search.port import Hits, ReviewIndex, SearchQuery, SearchUnavailable

log = structlog.get_logger(__name__)

#: After a failure no request tries Elasticsearch for this time.
PAUSE_SECONDS = 10.0

_unavailable_until = 0.0


def search(query: SearchQuery) -> Hits:
    """Search with Elasticsearch if it is used and available, else with the database."""
    global _unavailable_until
    index = elasticsearch_index()
    if index is not None and time.monotonic() >= _unavailable_until:
        try:
            return index.search(query)
        except SearchUnavailable as error:
            _unavailable_until = time.monotonic() + PAUSE_SECONDS
            log.warning("elasticsearch_unavailable", error=str(error), answered_by="database")
    return database.search(query)


def elasticsearch_index() -> ReviewIndex | None:
    """Return the index, or None without ELASTICSEARCH_URL; its packages are then not imported."""
    if not settings.ELASTICSEARCH_URL:
        return None
    from reviews.search.elasticsearch import ElasticsearchIndex

    return ElasticsearchIndex(settings.ELASTICSEARCH_URL, alias=settings.ELASTICSEARCH_INDEX)


def review_changed(review: Review, *, now: datetime) -> None:
    """Update the database index and queue the review for Elasticsearch, in the transaction that writes the review."""
    shown = review.status is Status.PUBLISHED
    database.put(review.id, title=review.words.title, text=review.words.text, shown=shown)
    if settings.ELASTICSEARCH_URL:
        queue_for_elasticsearch([(review.id, review.version + 1)], now=now)


def queue_for_elasticsearch(reviews: list[tuple[UUID, int]], *, now: datetime) -> None:
    """Insert the IndexTask rows of these reviews (id and version), or make them due, even while a job sends them."""
    IndexTask.objects.bulk_create(
        [IndexTask(review_id=review_id, version=version, due_at=now) for review_id, version in reviews],
        update_conflicts=True,
        unique_fields=["review_id"],
        update_fields=["version", "due_at", "lease", "leased_until", "finished_at"],
    )
