"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from reviews import commands, models
from reviews.domain.moderation import Assessment
from reviews.domain.review import Review, Status, Words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

GOOD = Words(stars=4, title="A table for years", text="Solid oak, easy to put together, and it does not wobble.")
LINK = Words(stars=5, title="Look here", text="Much cheaper at https://deals.example/now for all of you.")


def a_review(**given: Any) -> Review:
    """Return a published review of the domain, without a row."""
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "product_id": uuid4(),
        "customer_id": uuid4(),
        "words": GOOD,
        "status": Status.PUBLISHED,
        "assessment": Assessment(()),
        "version": 1,
        "published_at": NOON,
    }
    return Review(**{**defaults, **given})


def bought(
    customer_id: UUID | None = None,
    product_id: UUID | None = None,
    name: str = "Oak table",
    *,
    order_id: UUID | None = None,
    units: int = 1,
) -> tuple[UUID, UUID]:
    """Record a delivery; return the ids of customer and product."""
    customer_id, product_id = customer_id or uuid4(), product_id or uuid4()
    commands.record_purchases(
        order_id=order_id or uuid4(),
        customer_id=customer_id,
        products={product_id: name},
        units=[(product_id, units)],
        delivered_at=timezone.now(),
    )
    return customer_id, product_id


def written(
    *, customer_id: UUID | None = None, product_id: UUID | None = None, words: Words = GOOD, **changes: Any
) -> models.Review:
    """Return a stored review of a delivered product; `changes` replace its words."""
    customer_id, product_id = bought(customer_id, product_id)
    chosen = {"stars": words.stars, "title": words.title, "text": words.text, **changes}
    review_id = commands.submit_review(
        customer_id=customer_id, product_id=product_id, words=Words(**chosen), now=timezone.now()
    )
    return models.Review.objects.get(id=review_id)
