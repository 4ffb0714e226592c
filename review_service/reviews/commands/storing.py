"""The one way by which a changed review gets into the database, the rating, the search and the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from reviews import repository, search
from reviews.domain.review import Review, messages, rating_change
from reviews.events_out import ReviewRejected


@transactional
def store_new(review: Review, *, purchase_id: UUID, now: datetime) -> None:
    repository.add(review, purchase_id=purchase_id, now=now)
    _tell(None, review, now=now)


@transactional
def store(before: Review, after: Review, *, now: datetime) -> None:
    repository.save(after, now=now)
    _tell(before, after, now=now)


def _tell(before: Review | None, after: Review, *, now: datetime) -> None:
    search.review_changed(after, now=now)
    told = [_named(message) for message in messages(before, after)]
    change = rating_change(before, after)
    if change:
        told.append(repository.apply(change, now=now).changed())
    record(told)


def _named(message: object) -> object:
    """With the name of the product, by which its author knows the review."""
    if not isinstance(message, ReviewRejected):
        return message
    return replace(message, product_name=repository.product_name(message.product_id))
