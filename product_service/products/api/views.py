"""The public catalog: parse the request, run one query, return JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import cacheable
from chassis.http.authentication import BearerAuthentication
from products import queries
from products.api import serializers
from products.api.filters import ORDERINGS, RELEVANCE, asks_to_filter, chosen, ordering_of, search_ordering_of
from products.api.pages import keyset_page, ranked_page
from products.api.public_read import PublicRead

LONGEST_QUERY = 100

_FILTERS = [
    OpenApiParameter("category", str, description="Slug; what lies below it is included."),
    OpenApiParameter("min_price", int, description="Cents; of a variant."),
    OpenApiParameter("max_price", int, description="Cents; of a variant."),
    OpenApiParameter("in_stock", bool),
    OpenApiParameter(
        "option", str, many=True, description="`color:blue`; may be repeated. One variant must be all that is asked."
    ),
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 100}, description="20 when not given."),
]
_KEY = [OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="Id or slug.")]

_encode = msgspec.json.encode


def _schema(**described: Any) -> Callable[[type], type]:
    """Return a class decorator that documents a PublicRead."""
    return extend_schema_view(get=extend_schema(tags=["products"], **described))


@_schema(
    operation_id="products_list",
    summary="List products",
    parameters=[*_FILTERS, OpenApiParameter("ordering", str, enum=list(ORDERINGS))],
    responses=serializers.ProductPageOutput,
)
class ProductList(PublicRead):
    def body(self, request: Request, **kwargs: Any) -> bytes:
        ordering = ordering_of(request)
        if asks_to_filter(request):
            wanted = chosen(queries.products_for_sale(), request)
            categories = queries.categories_under(wanted.category) if wanted.category else None
            page = keyset_page(wanted.products, request, ordering=ordering, categories=categories)
        else:
            page = keyset_page(None, request, ordering=ordering)
        return _encode({"next": page.next, "previous": page.previous, "results": page.rows})


@_schema(summary="Show a product", parameters=_KEY, responses=serializers.ProductOutput)
class ProductDetail(PublicRead):
    def body(self, request: Request, **kwargs: Any) -> bytes | None:
        return queries.product_page(kwargs["key"])


@_schema(
    summary="Search products",
    description="Parts of words and misspelled words are found too. The facets ignore the category filter.",
    parameters=[
        OpenApiParameter("q", str, required=True),
        *_FILTERS,
        OpenApiParameter(
            "ordering",
            str,
            enum=[RELEVANCE, *ORDERINGS],
            description=f"Default: {RELEVANCE}, of which the first {queries.DEEPEST_RANK:,} can be read.",
        ),
    ],
    responses=serializers.SearchOutput,
)
class ProductSearch(PublicRead):
    def body(self, request: Request, **kwargs: Any) -> bytes:
        query = request.query_params.get("q", "").strip()
        if not 0 < len(query) <= LONGEST_QUERY:
            raise ValidationError({"q": [f"Say what to look for, in 1 to {LONGEST_QUERY} characters."]})
        ordering = search_ordering_of(request)
        search = queries.interpreted_search(query)
        wanted = chosen(queries.products_for_sale(), request)
        found = queries.found_by(search, wanted.products, wanted.terms, asked=wanted.key)
        hits = queries.found_in(found.facets, wanted.category)
        products, terms = queries.in_category(wanted.products, wanted.terms, wanted.category)
        if ordering:
            matches = queries.ordered_matches(products, search, terms, hits=hits)
            page = keyset_page(matches, request, ordering=ordering)
        else:
            asked = (wanted.key, wanted.category)
            read = partial(queries.ranked_cards, products, search, terms, broad=found.broad, asked=asked)
            page = ranked_page(read, request)
        answer = {
            "query": query,
            "corrected": search.corrected,
            "count": hits,
            "facets": {"categories": [{"slug": one.slug, "name": one.name, "count": one.hits} for one in found.facets]},
        }
        return _encode({**answer, "next": page.next, "previous": page.previous, "results": page.rows})


@_schema(
    summary="List related products",
    description="Bought together with it, then the best of the same category.",
    parameters=_KEY,
    responses=serializers.ProductCardsOutput,
)
class RelatedProducts(PublicRead):
    max_age = 60

    def body(self, request: Request, **kwargs: Any) -> bytes | None:
        cards = queries.related_cards(kwargs["key"])
        return None if cards is None else _encode({"results": cards})


@_schema(summary="Show the category tree", responses=serializers.CategoryTreeOutput)
class Categories(PublicRead):
    max_age = 60

    def body(self, request: Request, **kwargs: Any) -> bytes:
        return _encode({"results": queries.category_tree()})


class Recommendations(APIView):
    """Recommendations for the signed-in customer, or the best products for everybody else."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(tags=["products"], summary="Recommend products", responses=serializers.ProductCardsOutput)
    def get(self, request: Request) -> Response:
        customer_id = request.user.id if request.user.is_authenticated else None
        cards = queries.recommended_cards(customer_id)
        response = Response({"results": [msgspec.json.decode(card) for card in cards]})
        response["Vary"] = "Accept, Authorization"
        if customer_id:
            response["Cache-Control"] = "private, no-store"
            return response
        return cacheable(response, seconds=60)
