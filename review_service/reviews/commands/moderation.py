"""Decisions of staff on reviews, and reports by customers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from reviews import repository
from reviews.commands.review_changes import save_review
from reviews.domain.review import OwnReview, Rejection, ReportReason, ReviewNotFound, Status
from reviews.events_out import ReviewAnswered
from reviews.models import Purchase, Report
from reviews.models import Review as ReviewRow


@transactional
def approve_review(*, review_id: UUID, now: datetime) -> None:
    """Publish a review or keep it published, and settle its reports.

    Raises ReviewNotFound and ReviewStateForbids.
    """
    before = repository.locked(review_id)
    save_review(before, before.approved(now=now), now=now)
    _settle_reports(review_id, now)


@transactional
def reject_review(*, review_id: UUID, reason: Rejection, now: datetime) -> None:
    """Reject a review with a reason for its author, and settle its reports.

    Raises ReviewNotFound and ReviewStateForbids.
    """
    before = repository.locked(review_id)
    save_review(before, before.rejected(reason, now=now), now=now)
    _settle_reports(review_id, now)


@transactional
def reply_to_review(*, review_id: UUID, reply: str, now: datetime) -> None:
    """Store the shop's answer and notify the author; an empty answer removes it."""
    review = repository.locked(review_id)
    changed = ReviewRow.objects.filter(id=review_id).exclude(reply=reply)
    if not changed.update(reply=reply, replied_at=now if reply else None):
        return
    if reply and review.customer_id is not None and review.status is Status.PUBLISHED:
        answered = ReviewAnswered(
            review_id=review_id,
            product_id=review.product_id,
            customer_id=review.customer_id,
            reply=reply,
            product_name=repository.product_name(review.product_id),
        )
        record([answered])


@transactional
def report_review(*, review_id: UUID, reporter_id: UUID, reason: ReportReason, note: str, now: datetime) -> bool:
    """Report a published review to staff; return False if this customer has reported it before.

    Raises ReviewNotFound and OwnReview.
    """
    before = repository.locked(review_id)
    if before.customer_id == reporter_id:
        raise OwnReview if before.status is not Status.WITHDRAWN else ReviewNotFound
    if Report.objects.filter(review_id=review_id, reporter_id=reporter_id).exists():
        return False
    if before.status is not Status.PUBLISHED:
        raise ReviewNotFound
    by_buyer = Purchase.objects.filter(customer_id=reporter_id, kept=True).exists()
    Report.objects.create(
        review_id=review_id, reporter_id=reporter_id, reason=reason, note=note, by_buyer=by_buyer, created_at=now
    )
    save_review(before, before.reported(by_buyer=by_buyer, now=now), now=now)
    return True


def _settle_reports(review_id: UUID, now: datetime) -> None:
    Report.objects.filter(review_id=review_id, settled_at=None).update(settled_at=now)
