"""The rating of a product: the number of reviews for each number of stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from reviews.events_out import RatingChanged

STARS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class RatingChange:
    """The effect of a change of a review on the rating of its product. `minus`, `plus`: stars."""

    product_id: UUID
    minus: int | None = None
    plus: int | None = None

    def __bool__(self) -> bool:
        return self.minus != self.plus

    @property
    def count(self) -> int:
        return (self.plus is not None) - (self.minus is not None)

    @property
    def stars_total(self) -> int:
        return (self.plus or 0) - (self.minus or 0)


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating. `histogram[0]`: reviews with one star; `histogram[4]`: with five."""

    product_id: UUID
    histogram: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    @classmethod
    def counted(cls, product_id: UUID, by_stars: Mapping[int, int]) -> Rating:
        one, two, three, four, five = (by_stars.get(stars, 0) for stars in STARS)
        return cls(product_id, (one, two, three, four, five))

    @property
    def count(self) -> int:
        return sum(self.histogram)

    @property
    def stars_total(self) -> int:
        return sum(stars * n for stars, n in zip(STARS, self.histogram, strict=True))

    @property
    def average_hundredths(self) -> int:
        """Return the average times 100, rounded half up; 0 without reviews."""
        return (200 * self.stars_total + self.count) // (2 * self.count) if self.count else 0

    @property
    def by_stars(self) -> dict[str, int]:
        return {str(stars): n for stars, n in zip(STARS, self.histogram, strict=True)}

    def after(self, change: RatingChange) -> Rating:
        counts = list(self.histogram)
        if change.minus is not None:
            counts[change.minus - 1] -= 1
        if change.plus is not None:
            counts[change.plus - 1] += 1
        one, two, three, four, five = counts
        return replace(self, histogram=(one, two, three, four, five))

    def changed(self) -> RatingChanged:
        """Return the event with this rating."""
        return RatingChanged(
            product_id=self.product_id,
            count=self.count,
            stars_total=self.stars_total,
            average_hundredths=self.average_hundredths,
            histogram=self.by_stars,
        )
