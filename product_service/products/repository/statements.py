"""The hottest reads, without what the ORM does anew for every request.

Compiling a query costs it a millisecond, more than the database needs to answer. A statement is compiled once here,
still by the ORM and so for every engine, and run by a plain cursor: columns come as the driver gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from products.domain.ledger import Counters
from products.models import Product

#: Stand where the value that is asked for will stand.
_PLACES: dict[str, Any] = {"slug": "?", "id": UUID(int=0)}


def rows_of(queryset: QuerySet[Product, Any]) -> list[tuple[Any, ...]]:
    """The rows of a `values_list`, unconverted."""
    try:
        sql, parameters = queryset.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    return _run(sql, parameters)


def rows_of_fixed(key: tuple[Any, ...], build: Callable[..., QuerySet[Product, Any]]) -> list[tuple[Any, ...]]:
    """The same for a query that is always the same for this `key`, which `build` is called with."""
    return _run(*_fixed(build, key, connection.vendor))


def page_rows(column: str, value: str | UUID) -> list[tuple[Any, ...]]:
    """(page, sku, on_hand, reserved, allocated) of each variant of the product on sale whose `id` or `slug` it is."""
    sql, parameters, place = _page_statement(column, connection.vendor)
    given = _prepared(column, value)
    return _run(sql, [given if parameter == place else parameter for parameter in parameters])


@lru_cache(maxsize=200)
def _fixed(
    build: Callable[..., QuerySet[Product, Any]], key: tuple[Any, ...], vendor: str
) -> tuple[str, tuple[Any, ...]]:
    return build(*key).query.get_compiler(connection=connection).as_sql()


@lru_cache(maxsize=4)
def _page_statement(column: str, vendor: str) -> tuple[str, tuple[Any, ...], Any]:
    one = Product.objects.filter(active=True, **{column: _PLACES[column]})
    columns = one.values_list("page", "stock__sku", *(f"stock__{name}" for name in Counters._fields))
    sql, parameters = columns.query.get_compiler(connection=connection).as_sql()
    return sql, parameters, _prepared(column, _PLACES[column])


def _prepared(column: str, value: str | UUID) -> Any:
    """The value as the driver wants it."""
    field: Any = Product._meta.get_field(column)
    return field.get_db_prep_value(value, connection)


def _run(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
