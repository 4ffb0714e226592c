"""Updates of the search indices. They call Elasticsearch, so they run outside of transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

from chassis.metrics import ROWS_FAILED
from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.running import WorkTable
from reviews import search
from reviews.domain.review import Status
from reviews.models import IndexTask, Review
from reviews.search import database
from reviews.search.port import Document, DocumentsRefused, ReviewIndex, SearchUnavailable

log = structlog.get_logger(__name__)

BATCH = 500
#: Longer than any run, also one that rebuilds the index.
LEASE = timedelta(minutes=10)
WHILE_UNAVAILABLE = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=20))
#: A refused document waits longer than all others.
WHILE_REFUSED = Backoff(first=timedelta(seconds=1), longest=timedelta(hours=1))
#: A transaction that began before the rebuild is committed by then.
OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexTasks(WorkTable[IndexTask]):
    """Sends reviews to Elasticsearch, many at a time, by the job alone."""

    def run_soon(self, key: Any) -> bool:
        return False

    def run_due(self, *, now: datetime) -> None:
        if index := search.elasticsearch_index():
            index_due_reviews(now=now, index=index)


INDEX_TASKS = IndexTasks(
    model=IndexTask,
    job="index_due_reviews",
    every=5,
    lease=LEASE,
    backoff=WHILE_REFUSED,
    used=bool(settings.ELASTICSEARCH_URL),
)


def index_due_reviews(*, now: datetime, index: ReviewIndex) -> int:
    """Send the due reviews to Elasticsearch, and return their number. If it is unavailable they are retried later.

    It always gets the current state and version of the row, so that neither two workers nor an old task can restore
    an old text. A missing index is rebuilt.
    """
    tasks = leasing.lease_batch(INDEX_TASKS.unfinished(), now=now, lasting=LEASE, limit=BATCH)
    if not tasks:
        return 0
    refused: dict[UUID, str] = {}
    try:
        if not index.exists():
            rebuild_search(now=now, index=index)
        index.write(_documents(tasks))
    except DocumentsRefused as error:
        refused = error.reasons
    except SearchUnavailable as error:
        log.warning("elasticsearch_unavailable", error=str(error), reviews=len(tasks))
        for task in tasks:
            leasing.try_later(task, at=now + WHILE_UNAVAILABLE.after(task.attempts), error=str(error))
        return 0
    for task in tasks:
        if task.review_id in refused:
            ROWS_FAILED.labels("job.index_due_reviews").inc()
            at = now + WHILE_REFUSED.after(task.attempts)
            leasing.try_later(task, at=at, error=refused[task.review_id])
    _delete_done([task for task in tasks if task.review_id not in refused])
    return len(tasks) - len(refused)


def rebuild_search(*, now: datetime, index: ReviewIndex | None) -> int:
    """Rebuild every index from the reviews, and return their number. Searches continue meanwhile.

    Reviews that change while the new Elasticsearch index is filled are sent again afterwards.
    Raises SearchUnavailable.
    """
    count = _rebuild_database()
    if index is not None:
        count = index.rebuild(_published())
        changed = Review.objects.filter(changed_at__gte=now - OVERLAP).values_list("id", "version")
        search.queue_for_elasticsearch(list(changed), now=now)
    log.info("search_rebuilt", reviews=count, elasticsearch=index is not None)
    return count


def restore_missing_index(*, now: datetime, index: ReviewIndex) -> bool:
    """Rebuild the index if Elasticsearch has lost it, and return whether it had."""
    try:
        if index.exists():
            return False
        rebuild_search(now=now, index=index)
    except SearchUnavailable as error:
        log.warning("elasticsearch_unavailable", error=str(error))
        return False
    return True


@transactional
def _delete_done(tasks: list[IndexTask]) -> None:
    """Delete the tasks. A review that has changed since has lost its lease and is still due."""
    leases = {task.lease for task in tasks}
    IndexTask.objects.filter(review_id__in=[task.review_id for task in tasks], lease__in=leases).delete()


@transactional
def _rebuild_database() -> int:
    return database.rebuild()


def _documents(tasks: list[IndexTask]) -> list[Document]:
    rows = {row["id"]: row for row in _rows([task.review_id for task in tasks])}
    return [
        _document(rows[task.review_id])
        if task.review_id in rows
        else Document(review_id=task.review_id, version=task.version + 1, shown=False)  # erased with its author
        for task in tasks
    ]


def _published() -> Iterator[list[Document]]:
    last: UUID | None = None
    while True:
        rows = Review.objects.filter(status=Status.PUBLISHED).order_by("id")
        ids = list((rows.filter(id__gt=last) if last else rows).values_list("id", flat=True)[:BATCH])
        if not ids:
            return
        last = ids[-1]
        yield [_document(row) for row in _rows(ids)]


def _rows(ids: list[UUID]) -> Iterable[Mapping[str, Any]]:
    return Review.objects.filter(id__in=ids).values(
        "id", "version", "status", "product_id", "stars", "title", "text", "published_at"
    )


def _document(row: Mapping[str, Any]) -> Document:
    if row["status"] != Status.PUBLISHED:
        return Document(review_id=row["id"], version=row["version"], shown=False)
    return Document(
        review_id=row["id"],
        version=row["version"],
        shown=True,
        product_id=row["product_id"],
        stars=row["stars"],
        title=row["title"],
        text=row["text"],
        published_at=row["published_at"].isoformat(),
    )
