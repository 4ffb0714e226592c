"""Writing of a new or changed review with its rating, search index and events: the only way to write one."""

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
def add_review(review: Review, *, purchase_id: UUID, now: datetime) -> None:
    repository.add(review, purchase_id=purchase_id, now=now)
    _publish(None, review, now=now)


@transactional
def save_review(before: Review, after: Review, *, now: datetime) -> None:
    repository.save(after, now=now)
    _publish(before, after, now=now)


def _publish(before: Review | None, after: Review, *, now: datetime) -> None:
    search.review_changed(after, now=now)
    published = [_named(message) for message in messages(before, after)]
    change = rating_change(before, after)
    if change:
        published.append(repository.apply(change, now=now).changed())
    record(published)


def _named(message: object) -> object:
    """Return the message with the product name, by which the author recognizes the review."""
    if not isinstance(message, ReviewRejected):
        return message
    return replace(message, product_name=repository.product_name(message.product_id))
