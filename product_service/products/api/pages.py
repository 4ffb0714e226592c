"""Cursor pages of stored JSON, ordered by several columns; those of the chassis order ORM rows by one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError as FieldError
from django.db import connection
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from chassis.http.api import Pages, list_key
from products import queries
from products.models import Product

LONGEST_CURSOR = 1_000


class Page(NamedTuple):
    """Rows, and the URLs of the next and the previous page."""

    rows: list[Any]
    next: str | None
    previous: str | None


class _Cursor(msgspec.Struct, array_like=True):
    """A position in the list `key`."""

    key: str


class _Position(_Cursor, array_like=True):
    """The position after a row, in the direction of reading; `values`: the ordering columns of that row."""

    backward: bool
    values: list[str | int]


class _Offset(_Cursor, array_like=True):
    """The position after the first `start` rows."""

    start: int


_C = TypeVar("_C", bound=_Cursor)


def keyset_page(
    products: QuerySet[Product] | None,
    request: Request,
    *,
    ordering: Sequence[str],
    categories: Sequence[UUID] | None = None,
) -> Page:
    """Return a page of cards of these products (None: everything on sale), in these categories (None: all).

    `ordering`: columns, all ascending or all descending (`-`); the last is unique.
    """
    size = page_size(request)
    cursor = _read(request, _Position)
    backward = bool(cursor and cursor.backward)
    names = tuple(name.lstrip("-") for name in ordering)
    descending = ordering[0].startswith("-") is not backward
    if cursor is None and products is None:
        rows = queries.first_cards(names, descending=descending, limit=size + 1)
    else:
        shown = queries.products_for_sale() if products is None else products
        after = _after(cursor, names) if cursor else ()
        rows = queries.cards_after(shown, categories, names, after=after, descending=descending, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_next, has_previous = (bool(cursor), more) if backward else (more, bool(cursor))
    return Page(
        [msgspec.Raw(row[-1].encode()) for row in rows],
        _link(request, _Position(list_key(request), False, _values(rows[-1]))) if rows and has_next else None,
        _link(request, _Position(list_key(request), True, _values(rows[0]))) if rows and has_previous else None,
    )


def ranked_page(read: Callable[..., list[str]], request: Request) -> Page:
    """Return a page of cards by relevance. `read`: returns the cards from `start`, up to `limit`."""
    size = page_size(request)
    cursor = _read(request, _Offset)
    start = cursor.start if cursor else 0
    if not 0 <= start < queries.DEEPEST_RANK:
        raise _no_such_page()
    cards = read(start=start, limit=size + 1)
    following = start + size
    return Page(
        [msgspec.Raw(card.encode()) for card in cards[:size]],
        _link(request, _Offset(list_key(request), following))
        if len(cards) > size and following < queries.DEEPEST_RANK
        else None,
        _link(request, _Offset(list_key(request), max(start - size, 0))) if start else None,
    )


def page_size(request: Request) -> int:
    return Pages().get_page_size(request) or Pages.page_size


def _after(cursor: _Position, names: Sequence[str]) -> list[Any]:
    """Return the values of the cursor in the types of their columns."""
    try:
        return [_as_column(name, value) for name, value in zip(names, cursor.values, strict=True)]
    except (FieldError, TypeError, ValueError, OverflowError):
        raise _no_such_page() from None


def _as_column(name: str, value: str | int) -> Any:
    """Return the value in the type of the column. Raises several kinds of errors for an invalid one."""
    field: Any = Product._meta.get_field(name)
    python = field.to_python(value)
    if isinstance(python, datetime) and python.tzinfo is None:
        python = python.replace(tzinfo=UTC)
    field.get_db_prep_value(python, connection)
    return python


def _values(row: tuple[Any, ...]) -> list[str | int]:
    return [value if isinstance(value, int) else str(value) for value in row[:-1]]


def _link(request: Request, cursor: _Cursor) -> str:
    text = base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()
    return replace_query_param(request.build_absolute_uri(), "cursor", text)


def _read(request: Request, shape: type[_C]) -> _C | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        if len(text) > LONGEST_CURSOR or "\\u0000" in (decoded := base64.urlsafe_b64decode(text.encode()).decode()):
            raise ValueError(text)
        if msgspec.json.decode(decoded, type=_Cursor).key != list_key(request):
            raise ValidationError({"cursor": ["It belongs to a list with other filters or another order."]})
        return msgspec.json.decode(decoded, type=shape)
    except (ValueError, msgspec.MsgspecError):
        raise _no_such_page() from None


def _no_such_page() -> NotFound:
    return NotFound("There is no such page: take `cursor` from `next` or `previous`.", code="invalid_cursor")
