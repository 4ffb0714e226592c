"""Comparison of the ratings with the reviews, and their repair."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter

from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.transactions import transactional
from reviews import repository
from reviews.models import Product, Rating

log = structlog.get_logger(__name__)

REPAIRED = Counter("souk_ratings_repaired_total", "Ratings that the recount found wrong. There should be none.")
BATCH = 500


def recount_ratings(*, now: datetime) -> int:
    """Compare every rating with the reviews, repair and publish those that differ, and return their number."""
    repaired = list[UUID]()

    def repair(product_id: UUID) -> None:
        if _repair(product_id, now):
            repaired.append(product_id)

    sweep("job.recount_ratings", due=lambda waiting: _wrong_ratings(), work=repair, now=now)
    return len(repaired)


def _wrong_ratings() -> list[UUID]:
    """Return the products whose rating seems to differ from their reviews."""
    wrong, last = list[UUID](), None
    while batch := _products_after(last):
        stored = {row.product_id: repository.rating(row) for row in Rating.objects.filter(product_id__in=batch)}
        for product_id, truth in repository.counted(batch).items():
            known = stored.get(product_id)
            if (truth.count or known) and known != truth:
                wrong.append(product_id)
        last = batch[-1]
    return wrong


@transactional
def _repair(product_id: UUID, now: datetime) -> bool:
    """Count again under the lock: the difference may have been a change in progress. Return whether it was wrong."""
    truth = repository.recount(product_id, now=now)
    if truth is None:
        return False
    record([truth.changed()])
    REPAIRED.inc()
    log.error("rating_repaired", product_id=str(product_id), counted=truth.by_stars)
    return True


def _products_after(last: UUID | None) -> list[UUID]:
    rows = Product.objects.order_by("id")
    return list((rows.filter(id__gt=last) if last else rows).values_list("id", flat=True)[:BATCH])
