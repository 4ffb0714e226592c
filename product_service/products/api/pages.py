"""Cursor pages of stored JSON, ordered by several columns; those of the chassis order ORM rows by one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.core.exceptions import ValidationError as FieldError
from django.db import connection
from django.db.models import Q, QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from chassis.http.api import Pages, list_key
from products import queries
from products.models import Product

#: The last position that can be read by relevance; other orderings have no limit.
DEEPEST_RANK = 1_000
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


def keyset_page(products: QuerySet[Product] | None, request: Request, *, ordering: Sequence[str]) -> Page:
    """Return a page of cards. `products`: None is everything on sale.

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
        after = _after(cursor, names, descending=descending) if cursor else Q()
        rows = queries.cards_after(products, after, names, descending=descending, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_next, has_previous = (bool(cursor), more) if backward else (more, bool(cursor))
    return Page(
        [msgspec.Raw(row[-1].encode()) for row in rows],
        _link(request, _Position(list_key(request), False, _values(rows[-1]))) if rows and has_next else None,
        _link(request, _Position(list_key(request), True, _values(rows[0]))) if rows and has_previous else None,
    )


def ranked_page(read: Callable[[int, int], list[tuple[Any, ...]]], request: Request) -> Page:
    """Return a page of cards in the engine's order. `read`: returns the rows from an offset, up to a limit."""
    size = page_size(request)
    cursor = _read(request, _Offset)
    start = cursor.start if cursor else 0
    if not 0 <= start < DEEPEST_RANK:
        raise _no_such_page()
    rows = read(start, size + 1)
    following = start + size
    return Page(
        [msgspec.Raw(row[-1].encode()) for row in rows[:size]],
        _link(request, _Offset(list_key(request), following))
        if len(rows) > size and following < DEEPEST_RANK
        else None,
        _link(request, _Offset(list_key(request), max(start - size, 0))) if start else None,
    )


def page_size(request: Request) -> int:
    return Pages().get_page_size(request) or Pages.page_size


def _after(cursor: _Position, names: Sequence[str], *, descending: bool) -> Q:
    try:
        pairs = zip(names, cursor.values, strict=True)
        values = [_as_column(name, value) for name, value in pairs]
    except (FieldError, TypeError, ValueError, OverflowError):
        raise _no_such_page() from None
    # The bound on the first column lets the index scan start there instead of at the beginning.
    bound = Q(**{f"{names[0]}__{'lte' if descending else 'gte'}": values[0]})
    condition = Q()
    for last, name in enumerate(names):
        equal = dict(zip(names[:last], values[:last], strict=True))
        condition |= Q(**equal, **{f"{name}__{'lt' if descending else 'gt'}": values[last]})
    return bound & condition


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
