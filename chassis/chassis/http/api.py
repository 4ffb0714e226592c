"""Shared parts of DRF views: input, money, cursor pages, and cache headers."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from chassis.core.money import Money
from chassis.http import json_types

#: The query parameter that names a page of a list.
CURSOR = "cursor"
#: Query parameters that may differ between two pages of one list.
_OF_THE_PAGE = frozenset({CURSOR, "page_size", "format"})


def list_key(request: Request) -> str:
    """Return a short digest of the requested list: its path, filters and order, without the cursor."""
    asked = sorted((name, values) for name, values in request.query_params.lists() if name not in _OF_THE_PAGE)
    return hashlib.sha256(repr((request.path, asked)).encode()).hexdigest()[:12]


class Pages(CursorPagination):
    """Cursor pages of 20, up to 100 by `page_size`. Order by something unique at the end.

    A cursor names its list; with another filter or order it is rejected.
    """

    cursor_query_param = CURSOR
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering: Any = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError, DataError):
            # DRF passes the position in a cursor to the database unchecked.
            if self.cursor_query_param not in request.query_params:
                raise
            raise NotFound("The cursor is not valid.", code="invalid_cursor") from None

    def encode_cursor(self, cursor: Any) -> str:
        link: str = super().encode_cursor(cursor)
        (place,) = parse_qs(urlsplit(link).query)[self.cursor_query_param]
        return str(replace_query_param(link, self.cursor_query_param, f"{self._key}.{place}"))

    def decode_cursor(self, request: Request) -> Any:
        self._key = list_key(request)
        given = request.query_params.get(self.cursor_query_param)
        if given is None:
            return None
        key, dot, place = given.partition(".")
        if not dot:
            raise NotFound("The cursor is not valid.", code="invalid_cursor")
        if key != self._key:
            message = "The cursor belongs to a list with other filters or another order."
            raise serializers.ValidationError({self.cursor_query_param: [message]})
        # DRF reads the query alone.
        only = SimpleNamespace(query_params={self.cursor_query_param: place})
        return super().decode_cursor(only)  # type: ignore[arg-type]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor, size = super().get_schema_operation_parameters(view)
        size["schema"] |= {"minimum": 1, "maximum": self.max_page_size}
        return [cursor, size]


class MoneyField(serializers.Field[Money, Any, dict[str, int | str], Any]):
    """Renders a Money as `{"amount": 1999, "currency": "EUR"}`. Read-only: prices never come from a client."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Money) -> dict[str, int | str]:
        return value.as_dict()


class StrictSerializer(serializers.Serializer[Any]):
    """Input that rejects unknown fields and values of another JSON type than the field's."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            errors = {name: [serializers.ErrorDetail("Unknown field.", code="unknown_field")] for name in unknown}
            for name, field in self.fields.items():
                if name in data and (wanted := json_types.mismatch(field, data[name])):
                    errors[name] = [serializers.ErrorDetail(f"This must be {wanted}.", code="wrong_type")]
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


def parsed(
    serializer: type[serializers.Serializer[Any]],
    request: Request,
    *,
    instance: object = None,
) -> dict[str, Any]:
    """Return the validated request body; with an `instance`, a partial update of it.

    Raises ValidationError, which names each invalid field.
    """
    bound = serializer(instance, data=request.data, partial=instance is not None)
    bound.is_valid(raise_exception=True)
    return dict(bound.validated_data)


def cacheable(response: Response, *, seconds: int, private: bool = False) -> Response:
    """Mark a read as cacheable; `conditional` adds the ETag."""
    scope = "private" if private else "public"
    response["Cache-Control"] = f"{scope}, max-age={seconds}"
    return response


def conditional(request: HttpRequest | Request, response: Response, *parts: object) -> Response:
    """Set an ETag from `parts`, on which the body depends; return 304 without a body when the client has it."""
    etag = f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag in known:
        kept = response.headers.get("Cache-Control")
        response = Response(status=304, headers={"Cache-Control": kept} if kept else None)
    response["ETag"] = etag
    return response


def or_404(found: Any) -> Any:
    """Return the object. Raises NotFound for None, as for an object of another customer."""
    if found is None:
        raise NotFound("Not found.", code="not_found")
    return found
