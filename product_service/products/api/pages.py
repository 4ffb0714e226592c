"""Cursor pages. The chassis pages ORM rows by one column; these page ready JSON by several, however many ties."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.core.exceptions import ValidationError as FieldError
from django.db import connection
from django.db.models import Q, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from chassis.api import Pages
from products import queries
from products.models import Product

T = TypeVar("T")
LONGEST_CURSOR = 500


class Page(NamedTuple):
    """`rows`, and the addresses of the pages after and before them."""

    rows: list[Any]
    next: str | None
    previous: str | None


class _Cursor(msgspec.Struct, array_like=True):
    """A place between two rows: the columns of the row that it lies behind, seen in the direction of reading."""

    backward: bool
    values: list[str | int]


def keyset_page(products: QuerySet[Product] | None, request: Request, *, ordering: Sequence[str]) -> Page:
    """One page of cards. `products`: None is everything on sale. `ordering`: all up or all down (`-`), ends unique."""
    size = page_size(request)
    cursor = _read(request.query_params.get("cursor"), _Cursor)
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
        _link(request, _Cursor(False, _place(rows[-1]))) if rows and has_next else None,
        _link(request, _Cursor(True, _place(rows[0]))) if rows and has_previous else None,
    )


def ranked_page(ranked: Sequence[T], request: Request) -> Page:
    """One page of a list that is in memory: the cursor is a place in it."""
    size = page_size(request)
    start = max(_read(request.query_params.get("cursor"), int) or 0, 0)
    after = _link(request, start + size) if start + size < len(ranked) else None
    before = _link(request, max(start - size, 0)) if start else None
    return Page(list(ranked[start : start + size]), after, before)


def page_size(request: Request) -> int:
    return Pages().get_page_size(request) or Pages.page_size


def _behind(cursor: _Cursor, names: Sequence[str], *, down: bool) -> Q:
    try:
        pairs = zip(names, cursor.values, strict=True)
        values = [_as_column(name, value) for name, value in pairs]
    except (FieldError, TypeError, ValueError, OverflowError):
        raise _no_such_page() from None
    condition = Q()
    for last, name in enumerate(names):
        equal = dict(zip(names[:last], values[:last], strict=True))
        condition |= Q(**equal, **{f"{name}__{'lt' if down else 'gt'}": values[last]})
    return condition


def _as_column(name: str, value: str | int) -> Any:
    """The value as the column has it; errors of many kinds for what a client has made up."""
    field: Any = Product._meta.get_field(name)
    python = field.to_python(value)
    if isinstance(python, datetime) and python.tzinfo is None:
        python = python.replace(tzinfo=UTC)
    field.get_db_prep_value(python, connection)
    return python


def _place(row: tuple[Any, ...]) -> list[str | int]:
    return [value if isinstance(value, int) else str(value) for value in row[:-1]]


def _link(request: Request, cursor: _Cursor | int) -> str:
    text = base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()
    return replace_query_param(request.build_absolute_uri(), "cursor", text)


def _read(text: str | None, shape: type[T]) -> T | None:
    if not text:
        return None
    try:
        if len(text) > LONGEST_CURSOR or "\\u0000" in (decoded := base64.urlsafe_b64decode(text.encode()).decode()):
            raise ValueError(text)
        return msgspec.json.decode(decoded, type=shape)
    except (ValueError, msgspec.MsgspecError):
        raise _no_such_page() from None


def _no_such_page() -> NotFound:
    return NotFound("There is no such page: take `cursor` from `next` or `previous`.", code="invalid_cursor")
