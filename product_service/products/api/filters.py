"""How lists are filtered and ordered."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from products import queries
from products.domain.catalogue import HIGHEST_PRICE, option_term
from products.models import Product, Variant

#: What `?ordering=` may say. All columns go one way and the last is unique, as cursors need it.
ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
    "rating": ("-rating_hundredths", "-rating_count", "-id"),
    "name": ("name", "id"),
    "bestselling": ("-sold", "-id"),
}
_MOST_OPTIONS = 8


class IntegerFilter(django_filters.Filter):
    field_class = forms.IntegerField


class ProductFilters(django_filters.FilterSet):
    category = django_filters.CharFilter(method="by_category", max_length=60)
    min_price = IntegerFilter(field_name="price_from", lookup_expr="gte", min_value=0, max_value=HIGHEST_PRICE)
    max_price = IntegerFilter(field_name="price_from", lookup_expr="lte", min_value=0, max_value=HIGHEST_PRICE)
    in_stock = django_filters.BooleanFilter()
    option = django_filters.CharFilter(method="by_options", max_length=110)

    def by_category(self, products: QuerySet[Product], name: str, slug: str) -> QuerySet[Product]:
        return queries.under_category(products, slug)

    def by_options(self, products: QuerySet[Product], name: str, last: str) -> QuerySet[Product]:
        """`option=color:blue&option=size:l`: one variant that is both. The same name twice means either."""
        wanted: dict[str, Q] = {}
        for text in self.data.getlist(name)[:_MOST_OPTIONS]:
            option, colon, value = text.partition(":")
            if not (option and colon and value) or len(text) > 110 or "\x00" in text:
                raise ValidationError({name: ["Write name:value, like color:blue."]})
            this = Q(option_terms__contains=f"|{option_term(option, value)}|")
            wanted[option.casefold()] = wanted.get(option.casefold(), Q()) | this
        variants = Variant.objects.filter(*wanted.values(), product=OuterRef("pk"), active=True)
        return products.filter(Exists(variants))


def asks_to_filter(request: Request) -> bool:
    """Most requests do not, and pay nothing."""
    return any(name in request.query_params for name in ProductFilters.base_filters)


def filtered(products: QuerySet[Product], request: Request, *, without: str = "") -> QuerySet[Product]:
    """Only what the query string asks for; `without` this filter."""
    asked = request.query_params.copy()
    asked.pop(without, None)
    filters = ProductFilters(asked, queryset=products)
    if not filters.is_valid():
        raise translate_validation(filters.errors)
    chosen: QuerySet[Product] = filters.qs
    return chosen


def ordering_of(request: Request) -> tuple[str, ...]:
    asked = request.query_params.get("ordering", "newest")
    if asked not in ORDERINGS:
        raise ValidationError({"ordering": [f"One of {', '.join(ORDERINGS)}."]})
    return ORDERINGS[asked]
