"""Every event and command that this service sends."""

from uuid import UUID

from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


@event("rating.changed.v1", subject="product_id")
class RatingChanged:
    """The whole rating of a product, as it is now. Keep the one with the highest `aggregateversion`."""

    product_id: UUID
    count: int
    stars_total: int
    #: The average times 100, rounded half up; 0 when there is no review.
    average_hundredths: int
    #: How many reviews gave "1" .. "5" stars.
    histogram: dict[str, int]


@event("review.published.v1", subject="review_id")
class ReviewPublished:
    """A review was published."""

    review_id: UUID
    product_id: UUID
    customer_id: UUID
    stars: int


@event("review.rejected.v1", subject="review_id")
class ReviewRejected:
    """Staff rejected a review; `reason` is for its author."""

    review_id: UUID
    product_id: UUID
    customer_id: UUID
    #: A sentence for the customer.
    reason: str
    product_name: str = ""


@event("review.answered.v1", subject="review_id")
class ReviewAnswered:
    """The shop has written an answer below a review, or changed it."""

    review_id: UUID
    product_id: UUID
    customer_id: UUID
    reply: str
    product_name: str = ""


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """Report what this service has erased or anonymized of a person, and what it keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """Contribute a part of the data that this service keeps of a person, for that person only."""
