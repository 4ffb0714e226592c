"""Messages about reviews: notifications for their authors."""

from __future__ import annotations

from uuid import UUID

from chassis.codec import data_of
from chassis.core.messages import reads
from chassis.inbox.handlers import Context
from notifications.commands.notifications import notify


@reads("review.rejected.v1")
class ReviewRejected:
    review_id: UUID
    customer_id: UUID
    reason: str
    product_name: str = ""


@reads("review.answered.v1")
class ReviewAnswered:
    review_id: UUID
    customer_id: UUID
    reply: str
    product_name: str = ""


def on_review_rejected(message: ReviewRejected, context: Context) -> None:
    _notify("review_rejected", message, context)


def on_review_answered(message: ReviewAnswered, context: Context) -> None:
    _notify("review_answered", message, context)


def _notify(kind: str, message: ReviewRejected | ReviewAnswered, context: Context) -> None:
    # A review may be rewritten and rejected again; repeats within one minute are one mail.
    source = f"{message.review_id}:{context.sent_at:%Y-%m-%dT%H:%M}"
    facts = {**data_of(message), "product_name": message.product_name or "a product"}
    notify(kind, user_id=message.customer_id, source=source, facts=facts, now=context.now)


REVIEWS = (
    (ReviewRejected, on_review_rejected),
    (ReviewAnswered, on_review_answered),
)
