"""The most frequent reads as plain SQL: compiling a query in the ORM takes longer than running it.

Rows are tuples with the values as the driver returns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, QuerySet

from products.models import Product

_PAGE = """
    SELECT product.page, stock.sku, stock.on_hand, stock.reserved, stock.allocated
    FROM products_product product LEFT JOIN products_stockitem stock ON stock.product_id = product.id
    WHERE product.active AND product.{column} = %s
"""
_FIRST_CARDS = "SELECT {columns}, card FROM products_product WHERE active ORDER BY {order} LIMIT %s"

Rows = list[tuple[Any, ...]]


def page_rows(column: str, value: str | UUID) -> Rows:
    """Return (page, sku, on_hand, reserved, allocated) for each variant of an active product.

    `column`: `id` or `slug`, which has this value.
    """
    field: Field[Any, Any] = Product._meta.get_field(column)  # type: ignore[assignment]
    prepared = field.get_db_prep_value(value, connection)
    return _run(_PAGE.format(column=column), [prepared])


def first_cards(columns: Sequence[str], *, descending: bool, limit: int) -> Rows:
    """Return these columns and the card of the first active products, ordered by the columns."""
    direction = "DESC" if descending else "ASC"
    order = ", ".join(f"{column} {direction}" for column in columns)
    return _run(_FIRST_CARDS.format(columns=", ".join(columns), order=order), [limit])


def rows_of(queryset: QuerySet[Product, Any]) -> Rows:
    """Return the rows of a `values_list` without the ORM's conversions."""
    try:
        return _run(*queryset.query.get_compiler(connection=connection).as_sql())
    except EmptyResultSet:
        return []


def _run(sql: str, parameters: Sequence[Any]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
    return rows
