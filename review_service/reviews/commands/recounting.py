"""Do the ratings say what the reviews say?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter

from chassis.outbox.recording import record
from chassis.transactions import transactional
from reviews import repository
from reviews.models import Product, Rating

log = structlog.get_logger(__name__)

REPAIRED = Counter("souk_ratings_repaired_total", "Ratings that the recount found wrong. There should be none.")
BATCH = 500


def recount_ratings(*, now: datetime) -> int:
    """Compare every rating with the reviews; repair, note and tell what differs. How many differed."""
    repaired, last = 0, None
    while batch := _products_after(last):
        stored = {row.product_id: repository.rating(row) for row in Rating.objects.filter(product_id__in=batch)}
        for product_id, truth in repository.counted(batch).items():
            known = stored.get(product_id)
            if (truth.count or known) and known != truth:
                repaired += _repair(product_id, now)
        last = batch[-1]
    return repaired


@transactional
def _repair(product_id: UUID, now: datetime) -> int:
    """Count again under the lock: what looked wrong from outside may have been a change on its way."""
    truth = repository.recount(product_id, now=now)
    if truth is None:
        return 0
    record([truth.changed()])
    REPAIRED.inc()
    log.error("rating_repaired", product_id=str(product_id), counted=truth.by_stars)
    return 1


def _products_after(last: UUID | None) -> list[UUID]:
    rows = Product.objects.order_by("id")
    return list((rows.filter(id__gt=last) if last else rows).values_list("id", flat=True)[:BATCH])
