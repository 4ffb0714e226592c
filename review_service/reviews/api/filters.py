from __future__ import annotations

import django_filters

from reviews.models import Review


class ReviewFilter(django_filters.FilterSet):
    product_id = django_filters.UUIDFilter(field_name="product_id")
    stars = django_filters.TypedChoiceFilter(
        field_name="stars", choices=[(stars, f"{stars}") for stars in range(1, 6)], coerce=int
    )

    class Meta:
        model = Review
        fields = ("product_id", "stars")
