"""Commands of the author of a review: submit, edit, withdraw."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from uuid_utils.compat import uuid7

from chassis.transactions import is_conflict, transactional
from reviews import repository
from reviews.commands.review_changes import add_review, save_review
from reviews.domain.review import AlreadyReviewed, NotAVerifiedBuyer, Review, Status, Words
from reviews.models import Customer, Purchase, Vote
from reviews.models import Review as ReviewRow


@transactional
def submit_review(*, customer_id: UUID, product_id: UUID, words: Words, now: datetime) -> UUID:
    """Submit a review of a product that was delivered to the customer, and return its id.

    It is published at once or held for staff. A withdrawn review is replaced under its old id.
    Raises NotAVerifiedBuyer and AlreadyReviewed.
    """
    purchase_id = _purchase(customer_id, product_id)
    before = repository.locked_of(customer_id, product_id)
    if before is not None:
        if before.status is not Status.WITHDRAWN:
            raise AlreadyReviewed(review_id=str(before.id))
        save_review(before, before.rewritten(words, now=now), now=now)
        return before.id
    review = Review.written(review_id=uuid7(), product_id=product_id, customer_id=customer_id, words=words, now=now)
    try:
        add_review(review, purchase_id=purchase_id, now=now)
    except IntegrityError as error:
        if is_conflict(error):
            raise
        raise AlreadyReviewed from error
    return review.id


@transactional
def edit_review(*, review_id: UUID, customer_id: UUID, now: datetime, **changes: Any) -> None:
    """Change stars, title or text, and moderate the review again. Raises ReviewNotFound."""
    before = repository.locked(review_id, customer_id=customer_id)
    old = before.words
    words = Words(
        stars=changes.get("stars", old.stars),
        title=changes.get("title", old.title),
        text=changes.get("text", old.text),
    )
    if words != old:
        save_review(before, before.rewritten(words, now=now), now=now)


@transactional
def withdraw_review(*, review_id: UUID, customer_id: UUID, now: datetime) -> None:
    """Withdraw the review; erase its text, its votes and the shop's reply. Raises ReviewNotFound."""
    before = repository.locked(review_id, customer_id=customer_id)
    save_review(before, before.withdrawn(now=now), now=now)
    Vote.objects.filter(review_id=review_id).delete()
    ReviewRow.objects.filter(id=review_id).update(helpful_yes=0, helpful_no=0, helpfulness=0, reply="", replied_at=None)


def _purchase(customer_id: UUID, product_id: UUID) -> UUID:
    """Return the first kept purchase of the product. Locks the customer, so that no erasure runs meanwhile."""
    customer = Customer.objects.select_for_update().filter(id=customer_id, deleted_at=None).first()
    bought = Purchase.objects.filter(customer_id=customer_id, product_id=product_id, kept=True)
    purchase = bought.order_by("delivered_at", "id").first() if customer else None
    if purchase is None:
        raise NotAVerifiedBuyer
    return purchase.id
