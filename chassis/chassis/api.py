"""What the DRF views of all services share: parse input, render money and pages, say what may be cached."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.money import Money


class Pages(CursorPagination):
    """Cursor pages of 20, up to 100 by `page_size`. Order by something unique at the end."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering: Any = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError, DataError):
            # DRF hands the position in a cursor to the database as it came.
            if self.cursor_query_param not in request.query_params:
                raise
            raise NotFound("The cursor is not one of ours.", code="invalid_cursor") from None


class MoneyField(serializers.Field):  # type: ignore[type-arg]
    """Out: `{"amount": 1999, "currency": "EUR"}` of a Money. It is never an input: prices are ours."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Money) -> dict[str, int | str]:
        return value.as_dict()


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Input that refuses fields it does not know, so that a typing error is not silently nothing."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail("Unknown field.", code="unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


def parsed(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:  # type: ignore[type-arg]
    """The request's body, checked. Raises ValidationError, which names each bad field."""
    bound = serializer(data=request.data)
    bound.is_valid(raise_exception=True)
    return dict(bound.validated_data)


def cacheable(response: Response, *, seconds: int, private: bool = False) -> Response:
    """Mark a read as cacheable; `conditional` adds the ETag."""
    scope = "private" if private else "public"
    response["Cache-Control"] = f"{scope}, max-age={seconds}"
    return response


def conditional(request: HttpRequest | Request, response: Response, *parts: object) -> Response:
    """ETag from `parts` (what the body depends on); 304 without a body when the client has it."""
    etag = f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag in known:
        kept = response.headers.get("Cache-Control")
        response = Response(status=304, headers={"Cache-Control": kept} if kept else None)
    response["ETag"] = etag
    return response


def or_404(found: Any) -> Any:
    """The object; for None, the answer that somebody else's object gets too."""
    if found is None:
        raise NotFound("There is nothing here.", code="not_found")
    return found
