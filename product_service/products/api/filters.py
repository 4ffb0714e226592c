"""Filters and orderings of lists."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from chassis.http.filters import BooleanFilter
from products import queries
from products.domain.catalog import HIGHEST_PRICE, folded, option_term
from products.models import Product

#: The values of `?ordering=`. Cursors need columns of one direction, the last of them unique.
ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
    "rating": ("-rating_hundredths", "-rating_count", "-id"),
    "name": ("name_key", "id"),
    "bestselling": ("-sold", "-id"),
}
#: The additional ordering of a search.
RELEVANCE = "relevance"
_MOST_OPTIONS = 8
_LONGEST_OPTION = 110


class IntegerFilter(django_filters.Filter):
    field_class = forms.IntegerField


class ProductFilters(django_filters.FilterSet):
    """Filters of products; one variant must meet all conditions on variants."""

    category = django_filters.CharFilter(max_length=60)
    min_price = IntegerFilter(min_value=0, max_value=HIGHEST_PRICE)
    max_price = IntegerFilter(min_value=0, max_value=HIGHEST_PRICE)
    in_stock = BooleanFilter()
    option = django_filters.CharFilter()

    def filter_queryset(self, queryset: QuerySet[Product]) -> QuerySet[Product]:
        asked = self.form.cleaned_data
        if asked["category"]:
            queryset = queries.under_category(queryset, asked["category"])
        return queries.with_variant(
            queryset,
            min_price=asked["min_price"],
            max_price=asked["max_price"],
            in_stock=asked["in_stock"],
            options=_options(self.data.getlist("option")),
        )


def _options(texts: list[str]) -> list[Q]:
    """Return the conditions of `option=color:blue&option=size:l`; the same name twice means either value."""
    if len(texts) > _MOST_OPTIONS:
        raise ValidationError({"option": [f"At most {_MOST_OPTIONS} of them."]})
    wanted: dict[str, Q] = {}
    for text in texts:
        option, colon, value = text.partition(":")
        if not (option and colon and value) or len(text) > _LONGEST_OPTION or "\x00" in text:
            raise ValidationError({"option": ["Write name:value, like color:blue."]})
        this = Q(option_terms__contains=f"|{option_term(option, value)}|")
        wanted[folded(option)] = wanted.get(folded(option), Q()) | this
    return list(wanted.values())


def asks_to_filter(request: Request) -> bool:
    """Return whether the request has filters; most have none and skip the filter set."""
    return any(name in request.query_params for name in ProductFilters.base_filters)


def filtered(products: QuerySet[Product], request: Request, *, without: str = "") -> QuerySet[Product]:
    """Apply the filters of the query string, except for `without`."""
    asked = request.query_params.copy()
    asked.pop(without, None)
    filters = ProductFilters(asked, queryset=products)
    if not filters.is_valid():
        raise translate_validation(filters.errors)
    chosen: QuerySet[Product] = filters.qs
    return chosen


def ordering_of(request: Request) -> tuple[str, ...]:
    return ORDERINGS[_ordering(request, tuple(ORDERINGS))]


def search_ordering_of(request: Request) -> tuple[str, ...] | None:
    """Return the ordering columns, or None for relevance."""
    return ORDERINGS.get(_ordering(request, (RELEVANCE, *ORDERINGS)))


def _ordering(request: Request, known: tuple[str, ...]) -> str:
    """Return the requested ordering; the first known one is the default."""
    asked: str = request.query_params.get("ordering", known[0])
    if asked not in known:
        raise ValidationError({"ordering": [f"One of {', '.join(known)}."]})
    return asked
