"""Reads for the API: dicts of the columns shown, in a constant number of statements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from reviews import repository, search
from reviews.domain.rating import Rating
from reviews.domain.review import SENTENCES, Rejection, Status
from reviews.domain.reviewer import FORMER, NAMELESS
from reviews.models import Rating as RatingRow
from reviews.models import Review
from reviews.search.port import Hit, SearchQuery, as_html, shortened

Document = dict[str, Any]

_COLUMNS = (
    *("id", "product_id", "product__name", "customer_id", "customer__public_name"),
    *("stars", "title", "text", "status", "rejection", "verified"),
    *("reply", "replied_at", "helpful_yes", "helpful_no", "helpfulness", "version"),
    *("created_at", "published_at", "edited_at"),
)

#: Orderings of lists. UUIDv7 ids grow with time, so they put the newer of equal ones first.
ORDERINGS = {
    "newest": ("-published_at", "-id"),
    "helpful": ("-helpfulness", "-id"),
    "highest": ("-stars", "-id"),
    "lowest": ("stars", "-id"),
}


def published_reviews() -> QuerySet[Review, Document]:
    rows: QuerySet[Review, Document] = Review.objects.filter(status=Status.PUBLISHED).values(*_COLUMNS)
    return rows


def reviews_of(customer_id: UUID) -> QuerySet[Review, Document]:
    """Return the customer's reviews in any state but withdrawn."""
    own = Review.objects.filter(customer_id=customer_id).exclude(status=Status.WITHDRAWN)
    rows: QuerySet[Review, Document] = own.values(*_COLUMNS)
    return rows


def review_for(review_id: UUID, caller: UUID | None) -> Document | None:
    """Return a published review; for its author a review in any state, with the state."""
    row = Review.objects.filter(id=review_id).exclude(status=Status.WITHDRAWN).values(*_COLUMNS).first()
    if row is None:
        return None
    if caller is not None and row["customer_id"] == caller:
        return own_review(row)
    return public_review(row) if row["status"] == Status.PUBLISHED else None


def rating_of(product_id: UUID) -> Rating:
    """Return the rating; all zero for a product without reviews and for an unknown one."""
    row = RatingRow.objects.filter(product_id=product_id).first()
    return repository.rating(row) if row else Rating(product_id)


def votes_of(review_id: UUID) -> dict[str, int]:
    yes, no = Review.objects.values_list("helpful_yes", "helpful_no").get(id=review_id)
    return {"yes": yes, "no": no}


def found_reviews(query: SearchQuery) -> tuple[list[Document], bool]:
    """Return a page of found reviews, the best first, and whether there are more.

    The reviews are read from the database, so that one taken down a moment ago is not shown.
    """
    page = search.search(query)
    rows = published_reviews().filter(id__in=[hit.review_id for hit in page.hits])
    known = {row["id"]: row for row in rows}
    found = [_found(known[hit.review_id], hit) for hit in page.hits if hit.review_id in known]
    return found, page.more


def public_review(row: Document) -> Document:
    """Return the public form, which does not identify the author."""
    name = row["customer__public_name"] or NAMELESS
    return {
        "id": row["id"],
        "product_id": row["product_id"],
        "product_name": row["product__name"],
        "author": name if row["customer_id"] else FORMER,
        "verified_purchase": row["verified"],
        "stars": row["stars"],
        "title": row["title"],
        "text": row["text"],
        "helpful": {"yes": row["helpful_yes"], "no": row["helpful_no"]},
        "reply": {"text": row["reply"], "replied_at": row["replied_at"]} if row["reply"] else None,
        "published_at": row["published_at"],
        "edited_at": row["edited_at"],
    }


def own_review(row: Document) -> Document:
    """Return the form for the author, with the state and its reason."""
    return {**public_review(row), "status": row["status"], "message": _message(row), "created_at": row["created_at"]}


def _message(row: Document) -> str | None:
    match row["status"]:
        case Status.REJECTED:
            return SENTENCES[Rejection(row["rejection"])]
        case Status.PENDING:
            return "We are reading your review; it will appear soon."
        case _:
            return None


def _found(row: Document, hit: Hit) -> Document:
    if hit.version in {None, row["version"]}:
        highlight = {"title": as_html(hit.title), "text": as_html(hit.text)}
    else:  # the engine has an older text, so its passages are not shown
        highlight = {"title": as_html(row["title"]), "text": as_html(shortened(row["text"], 300))}
    return {**public_review(row), "highlight": highlight}
