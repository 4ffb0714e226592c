"""Views: parse the request, call one command or query, render the response."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from chassis.http.api import Pages, cacheable, conditional, list_key, or_404, parsed
from chassis.http.authentication import IsCustomer, customer_id
from chassis.http.refusals import raises
from chassis.idempotency.decorator import idempotent
from chassis.jwt import Identity
from reviews import commands, queries
from reviews.api import serializers as shapes
from reviews.api.filters import ReviewFilter
from reviews.domain.review import AlreadyReviewed, NotAVerifiedBuyer, OwnReview, ReportReason, Words

TAG = ["reviews"]
LIST_SECONDS = 30
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="New for each review."
)


class ReviewPages(Pages):
    """Pages in one of the orderings of `queries.ORDERINGS`."""

    # Many reviews have the same stars; among them a cursor is an offset.
    offset_cutoff = 100_000

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        asked = request.query_params.get("ordering", "newest")
        if asked not in queries.ORDERINGS:
            raise ValidationError({"ordering": [f"One of {', '.join(queries.ORDERINGS)}."]})
        return queries.ORDERINGS[asked]


class OwnPages(Pages):
    ordering = ("-id",)


class Reviews(generics.GenericAPIView[Any]):
    """List published reviews; submit a new one."""

    queryset = queries.published_reviews()
    serializer_class = shapes.ReviewInput  # for the form of the browsable API
    filterset_class = ReviewFilter
    pagination_class = ReviewPages

    def get_permissions(self) -> list[BasePermission]:
        return [IsCustomer() if self.request.method == "POST" else AllowAny()]

    @extend_schema(
        tags=TAG,
        summary="Published reviews",
        operation_id="reviews_list",
        parameters=[OpenApiParameter("ordering", str, enum=list(queries.ORDERINGS), description="Default: newest.")],
        responses=shapes.PublicReview(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(queries.published_reviews())) or []
        return _public(request, self.get_paginated_response([queries.public_review(row) for row in rows]))

    @extend_schema(
        tags=TAG,
        summary="Review a product that was delivered to you",
        operation_id="reviews_create",
        parameters=[KEY],
        request=shapes.ReviewInput,
        responses={201: shapes.OwnReview},
    )
    @raises(NotAVerifiedBuyer, AlreadyReviewed)
    @idempotent
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.ReviewInput, request)
        product_id, author_id = asked.pop("product_id"), customer_id(request)
        review_id = commands.submit_review(
            customer_id=author_id, product_id=product_id, words=Words(**asked), now=timezone.now()
        )
        document = queries.review_for(review_id, author_id)
        return Response(document, status=201, headers={"Location": f"/api/v1/reviews/{review_id}/"})


class MyReviews(generics.GenericAPIView[Any]):
    """The caller's own reviews, in any state."""

    permission_classes = [IsCustomer]
    queryset = queries.published_reviews()
    serializer_class = shapes.OwnReview
    filter_backends: list[Any] = []
    pagination_class = OwnPages

    @extend_schema(
        tags=TAG,
        summary="Your reviews, with their state",
        operation_id="reviews_mine",
        responses=shapes.OwnReview(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(queries.reviews_of(customer_id(request))) or []
        return _private(self.get_paginated_response([queries.own_review(row) for row in rows]))


class ReviewDetail(APIView):
    """One review."""

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method in {"GET", "HEAD", "OPTIONS"} else IsCustomer()]

    @extend_schema(tags=TAG, summary="One review", responses=shapes.PublicReview)
    def get(self, request: Request, review_id: UUID) -> Response:
        document = or_404(queries.review_for(review_id, _caller(request)))
        return _public(request, Response(document))

    @extend_schema(tags=TAG, summary="Change your review", request=shapes.ReviewEdit, responses=shapes.OwnReview)
    def patch(self, request: Request, review_id: UUID) -> Response:
        changes = parsed(shapes.ReviewEdit, request)
        commands.edit_review(review_id=review_id, customer_id=customer_id(request), now=timezone.now(), **changes)
        return Response(or_404(queries.review_for(review_id, customer_id(request))))

    @extend_schema(tags=TAG, summary="Withdraw your review", responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        commands.withdraw_review(review_id=review_id, customer_id=customer_id(request), now=timezone.now())
        return Response(status=204)


class ReviewVote(APIView):
    """Vote whether a review is helpful: one vote per customer, which can be changed."""

    permission_classes = [IsCustomer]

    @extend_schema(tags=TAG, summary="Vote on a review", request=shapes.VoteInput, responses=shapes.HelpfulOut)
    @raises(OwnReview)
    def post(self, request: Request, review_id: UUID) -> Response:
        asked = parsed(shapes.VoteInput, request)
        commands.vote_on_review(review_id=review_id, voter_id=customer_id(request), now=timezone.now(), **asked)
        return Response(queries.votes_of(review_id))

    @extend_schema(tags=TAG, summary="Take your vote back", responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        commands.take_back_vote(review_id=review_id, voter_id=customer_id(request))
        return Response(status=204)


class ReviewReport(APIView):
    """Report a review to staff."""

    permission_classes = [IsCustomer]

    @extend_schema(
        tags=TAG,
        summary="Report a review to the shop's staff",
        request=shapes.ReportInput,
        responses={
            201: OpenApiResponse(description="Staff will look."),
            200: OpenApiResponse(description="You have reported it before."),
        },
    )
    @raises(OwnReview)
    def post(self, request: Request, review_id: UUID) -> Response:
        asked = parsed(shapes.ReportInput, request)
        new = commands.report_review(
            review_id=review_id,
            reporter_id=customer_id(request),
            reason=ReportReason(asked["reason"]),
            note=asked["note"],
            now=timezone.now(),
        )
        return Response({"reported": True}, status=201 if new else 200)


class SearchReviews(APIView):
    """Full-text search in published reviews."""

    permission_classes = [AllowAny]

    @extend_schema(
        tags=TAG,
        summary="Search reviews and mark the words found",
        operation_id="reviews_search",
        parameters=[shapes.SearchInput],
        responses=shapes.FoundReviews,
    )
    def get(self, request: Request) -> Response:
        key = list_key(request)
        given = shapes.SearchInput(data=request.query_params.dict(), context={"key": key})
        given.is_valid(raise_exception=True)
        query = given.query()
        results, more = queries.found_reviews(query)
        following = query.offset + query.limit
        url = replace_query_param(request.build_absolute_uri(), "cursor", f"{key}.{following}")
        more = more and following <= shapes.DEEPEST
        return _public(request, Response({"next": url if more else None, "results": results}))


class ProductRating(APIView):
    """The aggregated rating of a product."""

    permission_classes = [AllowAny]

    @extend_schema(tags=TAG, summary="Rating of a product; zero without reviews", responses=shapes.RatingOut)
    def get(self, request: Request, product_id: UUID) -> Response:
        rating = queries.rating_of(product_id)
        document = {
            "product_id": product_id,
            "count": rating.count,
            "stars_total": rating.stars_total,
            "average_hundredths": rating.average_hundredths,
            "histogram": rating.by_stars,
        }
        return _public(request, Response(document))


def _caller(request: Request) -> UUID | None:
    return request.user.id if isinstance(request.user, Identity) else None


def _public(request: Request, response: Response) -> Response:
    """Allow any cache to store the response to a visitor, and none that to a signed-in caller."""
    if request.auth or request.user.is_authenticated:
        return _private(response)
    return conditional(request, cacheable(response, seconds=LIST_SECONDS), response.data)


def _private(response: Response) -> Response:
    response["Cache-Control"] = "private, no-store"
    return response
