"""Votes on whether a review is helpful: one per customer, counted on the review in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F

from chassis.transactions import transactional
from reviews import repository
from reviews.domain.review import OwnReview, ReviewNotFound, Status
from reviews.models import Review, Vote


@transactional
def vote_on_review(*, review_id: UUID, voter_id: UUID, helpful: bool, now: datetime) -> None:
    """Vote, or change the vote. Raises ReviewNotFound and OwnReview."""
    _lock_for_vote(review_id, voter_id)
    old = Vote.objects.filter(review_id=review_id, voter_id=voter_id).first()
    if old is None:
        Vote.objects.create(review_id=review_id, voter_id=voter_id, helpful=helpful, created_at=now)
        _count(review_id, helpful, 1)
    elif old.helpful != helpful:
        Vote.objects.filter(id=old.id).update(helpful=helpful, created_at=now)
        _count(review_id, old.helpful, -1)
        _count(review_id, helpful, 1)


@transactional
def take_back_vote(*, review_id: UUID, voter_id: UUID) -> None:
    """Delete the vote, if there is one. Raises ReviewNotFound and OwnReview."""
    _lock_for_vote(review_id, voter_id)
    old = Vote.objects.filter(review_id=review_id, voter_id=voter_id).first()
    if old is not None:
        old.delete()
        _count(review_id, old.helpful, -1)


def _lock_for_vote(review_id: UUID, voter_id: UUID) -> None:
    """Lock the review, so that its votes are counted one after the other. Raises ReviewNotFound and OwnReview."""
    review = repository.locked(review_id)
    if review.status is not Status.PUBLISHED:
        raise ReviewNotFound
    if review.customer_id == voter_id:
        raise OwnReview


def _count(review_id: UUID, helpful: bool, step: int) -> None:
    column = "helpful_yes" if helpful else "helpful_no"
    worth = step if helpful else -step
    Review.objects.filter(id=review_id).update(**{column: F(column) + step}, helpfulness=F("helpfulness") + worth)
