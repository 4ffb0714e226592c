"""Filters and orderings of lists."""

from __future__ import annotations

from collections.abc import Hashable
from functools import reduce
from operator import or_
from typing import NamedTuple

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from chassis.http.filters import BooleanFilter
from products import queries
from products.domain.catalog import HIGHEST_PRICE, folded, option_term
from products.domain.filter_terms import option_filter_term, stock_term
from products.models import Product

#: The values of `?ordering=`. Cursors need columns of one direction, the last of them unique.
ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
    "rating": ("-rating_hundredths", "-rating_count", "-id"),
    "name": ("name_key", "id"),
    "bestselling": ("-sold", "-rating_hundredths", "-rating_count", "-id"),
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


class Chosen(NamedTuple):
    """The products that pass the filters of a request, all but the category, which each reader applies in its own way.

    `terms`: the same filters for the search index, as far as it knows them; `key` tells these filters from others.
    """

    products: QuerySet[Product]
    category: str
    terms: list[list[str]]
    key: Hashable


def chosen(products: QuerySet[Product], request: Request) -> Chosen:
    """Apply the filters of the query string. Raises ValidationError."""
    filters = ProductFilters(request.query_params, queryset=products)
    if not filters.is_valid():
        raise translate_validation(filters.errors)
    asked = filters.form.cleaned_data
    options = _options(request.query_params.getlist("option"))
    variants = {name: asked[name] for name in ("min_price", "max_price", "in_stock")}
    either = [[Q(option_terms__contains=f"|{stored}|") for stored in values] for values in options]
    found = queries.with_variant(products, **variants, options=[reduce(or_, one) for one in either])
    terms = [[option_filter_term(stored) for stored in values] for values in options]
    # A product in stock may have a variant that is sold out, but not the other way round.
    of_product = not options and asked["min_price"] is asked["max_price"] is None
    if asked["in_stock"] or (asked["in_stock"] is False and of_product):
        terms.append([stock_term(in_stock=asked["in_stock"])])
    key = (*variants.values(), repr(options)) if found is not products else ()
    return Chosen(found, asked["category"], terms, key)


def _options(texts: list[str]) -> list[list[str]]:
    """Return the stored options of `option=color:blue&option=size:l`; the same name twice means either value."""
    if len(texts) > _MOST_OPTIONS:
        raise ValidationError({"option": [f"At most {_MOST_OPTIONS} of them."]})
    wanted: dict[str, list[str]] = {}
    for text in texts:
        option, colon, value = text.partition(":")
        if not (option and colon and value) or len(text) > _LONGEST_OPTION or "\x00" in text:
            raise ValidationError({"option": ["Write name:value, like color:blue."]})
        wanted.setdefault(folded(option), []).append(option_term(option, value))
    return list(wanted.values())


def asks_to_filter(request: Request) -> bool:
    """Return whether the request has filters; most have none and skip the filter set."""
    return any(name in request.query_params for name in ProductFilters.base_filters)


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
