"""What staff do with reviews, and the reports that call them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from reviews import repository
from reviews.commands.storing import store
from reviews.domain.review import OwnReview, Rejection, ReportReason, ReviewNotFound, Status
from reviews.events_out import ReviewAnswered
from reviews.models import Purchase, Report
from reviews.models import Review as ReviewRow


@transactional
def approve_review(*, review_id: UUID, now: datetime) -> None:
    """Publish a review, or keep it in spite of reports. Settles its reports.

    Raises ReviewNotFound and ReviewStateForbids.
    """
    before = repository.locked(review_id)
    store(before, before.approved(now=now), now=now)
    _settle_reports(review_id, now)


@transactional
def reject_review(*, review_id: UUID, reason: Rejection, now: datetime) -> None:
    """Take a review off the page, or keep it off; its author is told why. Settles its reports.

    Raises ReviewNotFound and ReviewStateForbids.
    """
    before = repository.locked(review_id)
    store(before, before.rejected(reason, now=now), now=now)
    _settle_reports(review_id, now)


@transactional
def reply_to_review(*, review_id: UUID, reply: str, now: datetime) -> None:
    """Show the shop's answer below the review, and tell its author; an empty one takes it away."""
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
    """Ask staff to look at a published review; False when this customer has asked before.

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
    store(before, before.reported(by_buyer=by_buyer, now=now), now=now)
    return True


def _settle_reports(review_id: UUID, now: datetime) -> None:
    Report.objects.filter(review_id=review_id, settled_at=None).update(settled_at=now)
