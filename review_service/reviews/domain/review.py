"""The review aggregate. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.states import Transitions, moved
from reviews.domain.moderation import Assessment, assess
from reviews.domain.rating import RatingChange
from reviews.events_out import ReviewPublished, ReviewRejected


class Status(StrEnum):
    PENDING = "pending"  # waits for staff
    PUBLISHED = "published"  # shown and counted in the rating
    REJECTED = "rejected"  # rejected by staff, with a reason for the author
    WITHDRAWN = "withdrawn"  # withdrawn by the author; its text is erased


#: The states that may follow each state.
TRANSITIONS: Transitions[Status] = {
    Status.PENDING: frozenset({Status.PUBLISHED, Status.REJECTED, Status.WITHDRAWN}),
    Status.PUBLISHED: frozenset({Status.PENDING, Status.REJECTED, Status.WITHDRAWN}),
    Status.REJECTED: frozenset({Status.PENDING, Status.PUBLISHED, Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset({Status.PENDING, Status.PUBLISHED}),
}

#: This many open reports by verified buyers hide a review until staff decide. Other reports only inform staff:
#: an account costs nothing.
REPORTS_TO_HOLD = 3


class Rejection(StrEnum):
    SPAM = "spam"
    CONTACT_DATA = "contact_data"
    OFFENSIVE = "offensive"
    OFF_TOPIC = "off_topic"
    NOT_GENUINE = "not_genuine"


#: The reason as shown to the author.
SENTENCES: Mapping[Rejection, str] = {
    Rejection.SPAM: "Your review advertises something. Please write about the product itself.",
    Rejection.CONTACT_DATA: "Your review holds an address, a telephone number or a link. Please leave these out.",
    Rejection.OFFENSIVE: "Your review insults people. Please describe what you found, in calm words.",
    Rejection.OFF_TOPIC: "Your review is not about this product. For delivery or payment, please write to support.",
    Rejection.NOT_GENUINE: "We could not see that this review is about your own use of the product.",
}


class ReportReason(StrEnum):
    SPAM = "spam"
    OFFENSIVE = "offensive"
    PERSONAL_DATA = "personal_data"
    OFF_TOPIC = "off_topic"
    FALSE = "false"
    OTHER = "other"


class NotAVerifiedBuyer(DomainError):
    """You can review a product when it has been delivered to you."""

    code, kind = "not_a_verified_buyer", Kind.FORBIDDEN


class AlreadyReviewed(DomainError):
    """You have reviewed this product already; change that review instead."""

    code, kind = "already_reviewed", Kind.CONFLICT


class ReviewNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


class OwnReview(DomainError):
    """This is your own review; only others can vote on it or report it."""

    code, kind = "own_review", Kind.FORBIDDEN


class ReviewStateForbids(DomainError):
    """This is not possible in the present state of the review."""

    code, kind = "review_state_forbids", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The content of a review."""

    stars: int
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One customer's review of one product. `customer_id` is None if the account is deleted.

    `rejection` stays until staff approve, so that a changed text waits for staff again.
    `vetted`: staff have approved exactly this text, so reports alone no longer hide it.
    """

    id: UUID
    product_id: UUID
    customer_id: UUID | None
    words: Words
    status: Status
    assessment: Assessment
    rejection: Rejection | None = None
    vetted: bool = False
    open_reports: int = 0
    buyers_reports: int = 0
    version: int = 0
    published_at: datetime | None = None
    edited_at: datetime | None = None

    @classmethod
    def written(cls, *, review_id: UUID, product_id: UUID, customer_id: UUID, words: Words, now: datetime) -> Review:
        """Return a new review, published at once or held for staff."""
        assessment = assess(words.title, words.text)
        status = Status.PENDING if assessment.held else Status.PUBLISHED
        return cls(
            id=review_id,
            product_id=product_id,
            customer_id=customer_id,
            words=words,
            status=status,
            assessment=assessment,
            published_at=now if status is Status.PUBLISHED else None,
        )

    def rewritten(self, words: Words, *, now: datetime) -> Review:
        """Change the content and moderate it again. A rejected or reported review waits for staff."""
        assessment = assess(words.title, words.text)
        suspect = assessment.held or self.rejection is not None or self.buyers_reports >= REPORTS_TO_HOLD
        changed = replace(self, words=words, assessment=assessment, vetted=False, edited_at=now)
        return changed._moved(Status.PENDING if suspect else Status.PUBLISHED, now)

    def withdrawn(self, *, now: datetime) -> Review:
        """Withdraw the review and erase its text; a former rejection is kept."""
        erased = replace(self, words=replace(self.words, title="", text=""), assessment=Assessment(()), vetted=False)
        return erased._moved(Status.WITHDRAWN, now)

    def approved(self, *, now: datetime) -> Review:
        """Publish the review, whatever rules or reports say. Raises ReviewStateForbids if it is withdrawn."""
        self._require_not_withdrawn()
        return replace(self, vetted=True, rejection=None, open_reports=0, buyers_reports=0)._moved(
            Status.PUBLISHED, now
        )

    def rejected(self, reason: Rejection, *, now: datetime) -> Review:
        """Reject the review for this reason. Raises ReviewStateForbids if it is withdrawn."""
        self._require_not_withdrawn()
        return replace(self, rejection=reason, vetted=False, open_reports=0, buyers_reports=0)._moved(
            Status.REJECTED, now
        )

    def reported(self, *, by_buyer: bool, now: datetime) -> Review:
        """Count a report. Enough reports by verified buyers hide a text that staff have not approved."""
        counted = replace(
            self, open_reports=self.open_reports + 1, buyers_reports=self.buyers_reports + (1 if by_buyer else 0)
        )
        if counted.buyers_reports >= REPORTS_TO_HOLD and not self.vetted:
            return counted._moved(Status.PENDING, now)
        return counted

    def _require_not_withdrawn(self) -> None:
        if self.status is Status.WITHDRAWN:
            raise ReviewStateForbids("The author has withdrawn this review.")

    def _moved(self, status: Status, now: datetime) -> Review:
        if status is self.status:
            return self
        first = status is Status.PUBLISHED and (self.published_at is None or self.status is Status.WITHDRAWN)
        return replace(
            self,
            status=moved(TRANSITIONS, self.status, status, what="A review"),
            published_at=now if first else self.published_at,
        )


def rating_change(before: Review | None, after: Review) -> RatingChange:
    """Return the change of the rating; only published reviews count."""
    counted = before is not None and before.status is Status.PUBLISHED
    counts = after.status is Status.PUBLISHED
    return RatingChange(
        after.product_id,
        minus=before.words.stars if before is not None and counted else None,
        plus=after.words.stars if counts else None,
    )


def messages(before: Review | None, after: Review) -> list[object]:
    """Return the events of the change; none for a review without an author, whom they are for."""
    if after.customer_id is None or (before is not None and before.status is after.status):
        return []
    if after.status is Status.PUBLISHED:
        return [
            ReviewPublished(
                review_id=after.id,
                product_id=after.product_id,
                customer_id=after.customer_id,
                stars=after.words.stars,
            )
        ]
    if after.status is Status.REJECTED and after.rejection is not None:
        return [
            ReviewRejected(
                review_id=after.id,
                product_id=after.product_id,
                customer_id=after.customer_id,
                reason=SENTENCES[after.rejection],
            )
        ]
    return []
