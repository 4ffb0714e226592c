"""Cursor pages. The chassis pages ORM rows by one column; these page ready JSON by several, however many ties."""

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

#: Nobody reads further by relevance; every other ordering has no end.
DEEPEST_RANK = 1_000
LONGEST_CURSOR = 1_000


class Page(NamedTuple):
    """`rows`, and the addresses of the pages after and before them."""

    rows: list[Any]
    next: str | None
    previous: str | None


class _Cursor(msgspec.Struct, array_like=True):
    """A place in the list `key`."""

    key: str


class _Place(_Cursor, array_like=True):
    """Between two rows: the columns of the row that it lies behind, seen in the direction of reading."""

    backward: bool
    values: list[str | int]


class _Offset(_Cursor, array_like=True):
    """So many rows from the beginning."""

    start: int


_C = TypeVar("_C", bound=_Cursor)


def keyset_page(products: QuerySet[Product] | None, request: Request, *, ordering: Sequence[str]) -> Page:
    """One page of cards. `products`: None is everything on sale. `ordering`: all up or all down (`-`), ends unique."""
    size = page_size(request)
    cursor = _read(request, _Place)
    backward = bool(cursor and cursor.backward)
    names = tuple(name.lstrip("-") for name in ordering)
    down = ordering[0].startswith("-") is not backward
    if cursor is None and products is None:
        rows = queries.first_cards(names, down=down, limit=size + 1)
    else:
        behind = _behind(cursor, names, down=down) if cursor else Q()
        rows = queries.cards_behind(products, behind, names, down=down, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_next, has_previous = (bool(cursor), more) if backward else (more, bool(cursor))
    return Page(
        [msgspec.Raw(row[-1].encode()) for row in rows],
        _link(request, _Place(list_key(request), False, _values(rows[-1]))) if rows and has_next else None,
        _link(request, _Place(list_key(request), True, _values(rows[0]))) if rows and has_previous else None,
    )


def ranked_page(read: Callable[[int, int], list[tuple[Any, ...]]], request: Request) -> Page:
    """One page of cards in an order that only the engine knows. `read`: the rows from a place on, at most so many."""
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


def _behind(cursor: _Place, names: Sequence[str], *, down: bool) -> Q:
    try:
        pairs = zip(names, cursor.values, strict=True)
        values = [_as_column(name, value) for name, value in pairs]
    except (FieldError, TypeError, ValueError, OverflowError):
        raise _no_such_page() from None
    # The bound on the first column lets an index begin there; the rest alone would read it from the beginning.
    bound = Q(**{f"{names[0]}__{'lte' if down else 'gte'}": values[0]})
    condition = Q()
    for last, name in enumerate(names):
        equal = dict(zip(names[:last], values[:last], strict=True))
        condition |= Q(**equal, **{f"{name}__{'lt' if down else 'gt'}": values[last]})
    return bound & condition


def _as_column(name: str, value: str | int) -> Any:
    """The value as the column has it; errors of many kinds for what a client has made up."""
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
