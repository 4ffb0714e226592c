"""Mapping of rows to domain objects for reviews and ratings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, F

from chassis.transactions import Conflict
from reviews import models
from reviews.domain.moderation import Assessment, Finding
from reviews.domain.rating import STARS, Rating, RatingChange
from reviews.domain.review import Rejection, Review, ReviewNotFound, Status, Words


def locked(review_id: UUID, *, customer_id: UUID | None = None) -> Review:
    """Return the locked review; with `customer_id` only that customer's, and not withdrawn. Raises ReviewNotFound."""
    rows = models.Review.objects.select_for_update().filter(id=review_id)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id).exclude(status=Status.WITHDRAWN)
    row = rows.first()
    if row is None:
        raise ReviewNotFound
    return _review(row)


def locked_of(customer_id: UUID, product_id: UUID) -> Review | None:
    """Return the locked review of this product by this customer, withdrawn or not."""
    row = models.Review.objects.select_for_update().filter(customer_id=customer_id, product_id=product_id).first()
    return _review(row) if row else None


def add(review: Review, *, purchase_id: UUID, now: datetime) -> None:
    """Insert the review. Raises IntegrityError if the customer has reviewed the product in another transaction."""
    models.Review(
        id=review.id,
        customer_id=review.customer_id,
        product_id=review.product_id,
        purchase_id=purchase_id,
        created_at=now,
        version=1,
        changed_at=now,
        **_columns(review),
    ).save(force_insert=True)


def save(review: Review, *, now: datetime) -> None:
    """Update the review. Raises Conflict if the row has changed since it was read."""
    row = models.Review.objects.filter(id=review.id, version=review.version)
    if not row.update(version=F("version") + 1, changed_at=now, **_columns(review)):
        raise Conflict(f"review {review.id} is no longer version {review.version}")


def product_name(product_id: UUID) -> str:
    """Return the name of the product; empty for an unknown one."""
    return models.Product.objects.filter(id=product_id).values_list("name", flat=True).first() or ""


def apply(change: RatingChange, *, now: datetime) -> Rating:
    """Apply the change to the rating of the product, which stays locked until the transaction ends."""
    models.Rating.objects.bulk_create([models.Rating(product_id=change.product_id)], ignore_conflicts=True)
    columns: dict[str, object] = {f"stars_{change.plus}": F(f"stars_{change.plus}") + 1} if change.plus else {}
    rows = models.Rating.objects.filter(product_id=change.product_id)
    if change.minus:
        columns[f"stars_{change.minus}"] = F(f"stars_{change.minus}") - 1
        rows = rows.filter(**{f"stars_{change.minus}__gt": 0})
    if not rows.update(
        count=F("count") + change.count,
        stars_total=F("stars_total") + change.stars_total,
        changed_at=now,
        **columns,
    ):
        # The rating lacks the review that is to be subtracted: it is wrong, so count again.
        return recount(change.product_id, now=now) or rating(models.Rating.objects.get(product_id=change.product_id))
    return rating(models.Rating.objects.get(product_id=change.product_id))


def rating(row: models.Rating) -> Rating:
    return Rating(row.product_id, (row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5))


def counted(product_ids: list[UUID]) -> dict[UUID, Rating]:
    """Return the ratings of these products, counted from the reviews."""
    rows = models.Review.objects.filter(product_id__in=product_ids, status=Status.PUBLISHED)
    found: dict[UUID, dict[int, int]] = {product_id: {} for product_id in product_ids}
    for product_id, stars, n in rows.order_by().values_list("product_id", "stars").annotate(Count("id")):
        found[product_id][stars] = n
    return {product_id: Rating.counted(product_id, by_stars) for product_id, by_stars in found.items()}


def recount(product_id: UUID, *, now: datetime) -> Rating | None:
    """Correct the rating from the reviews and record the repair; return None if it was right."""
    models.Rating.objects.bulk_create([models.Rating(product_id=product_id)], ignore_conflicts=True)
    was = rating(models.Rating.objects.select_for_update().get(product_id=product_id))
    truth = counted([product_id])[product_id]
    if was == truth:
        return None
    models.Rating.objects.filter(product_id=product_id).update(
        count=truth.count,
        stars_total=truth.stars_total,
        changed_at=now,
        **{f"stars_{stars}": n for stars, n in zip(STARS, truth.histogram, strict=True)},
    )
    models.RatingRepair.objects.create(product_id=product_id, was=was.by_stars, counted=truth.by_stars, found_at=now)
    return truth


def _columns(review: Review) -> dict[str, object]:
    return {
        "stars": review.words.stars,
        "title": review.words.title,
        "text": review.words.text,
        "status": review.status,
        "findings": list(review.assessment.findings),
        "score": review.assessment.score,
        "rejection": review.rejection or "",
        "vetted": review.vetted,
        "open_reports": review.open_reports,
        "buyers_reports": review.buyers_reports,
        "published_at": review.published_at,
        "edited_at": review.edited_at,
    }


def _review(row: models.Review) -> Review:
    return Review(
        id=row.id,
        product_id=row.product_id,
        customer_id=row.customer_id,
        words=Words(stars=row.stars, title=row.title, text=row.text),
        status=Status(row.status),
        assessment=Assessment(tuple(Finding(name) for name in row.findings)),
        rejection=Rejection(row.rejection) if row.rejection else None,
        vetted=row.vetted,
        open_reports=row.open_reports,
        buyers_reports=row.buyers_reports,
        version=row.version,
        published_at=row.published_at,
        edited_at=row.edited_at,
    )
