"""The most frequent reads as plain SQL: compiling a query in the ORM takes longer than running it.

Rows are tuples with the values as the driver returns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, Model, QuerySet

from chassis import statements
from products.models import Product

_PAGE = """
    SELECT product.page, stock.sku, stock.on_hand, stock.reserved, stock.allocated
    FROM products_product product LEFT JOIN products_stockitem stock ON stock.product_id = product.id
    WHERE product.active AND product.{column} = %s
"""
_FIRST_CARDS = "SELECT {columns}, card FROM products_product WHERE active ORDER BY {order} LIMIT %s"
_FACETS = """
    SELECT category.slug, category.name, category.path, found.hits
    FROM (SELECT category_id, COUNT(*) hits FROM ({found}) one GROUP BY category_id) found
    JOIN products_category category ON category.id = found.category_id
"""
#: Stands for the key of a branch in a statement that is compiled once for all branches.
_ANY_KEY = UUID("ffffffff-ffff-ffff-ffff-ffffffffffff")

Rows = list[tuple[Any, ...]]


def page_rows(column: str, value: str | UUID) -> Rows:
    """Return (page, sku, on_hand, reserved, allocated) for each variant of an active product.

    `column`: `id` or `slug`, which has this value.
    """
    return _run(_PAGE.format(column=column), [_prepared(Product, column, value)])


def first_cards(columns: Sequence[str], *, descending: bool, limit: int) -> Rows:
    """Return these columns and the card of the first active products, ordered by the columns."""
    order = _order(columns, descending=descending)
    return _run(_FIRST_CARDS.format(columns=", ".join(columns), order=order), [limit])


def after(
    products: QuerySet[Product], columns: Sequence[str], values: Sequence[Any], *, descending: bool
) -> QuerySet[Product]:
    """Return the products behind these values in the order of the columns.

    A comparison of rows begins at its place in the index, also where many products share the first value.
    """
    own = ", ".join(f"products_product.{column}" for column in columns)
    sign = "<" if descending else ">"
    condition = f"({own}) {sign} ({', '.join(['%s'] * len(columns))})"
    given = [_prepared(Product, column, value) for column, value in zip(columns, values, strict=True)]
    return products.extra(where=[condition], params=given)  # noqa: S610 (names of columns; values come as parameters)


def first_of_each(rows: QuerySet[Any, Any], by: str, keys: Sequence[UUID], *, limit: int) -> Rows:
    """Return the first rows of each key, `limit` of each; `rows` is an ordered `values_list`, `by` its column.

    Each branch reads the beginning of its own part of an index, so the cost grows with the keys alone.
    """
    return _run(*_branches(rows, by, keys, limit)) if keys else []


def first_of_all(
    rows: QuerySet[Any, Any], by: str, keys: Sequence[UUID], *, columns: int, descending: bool, limit: int
) -> Rows:
    """Return the first rows of all keys together: as `first_of_each`, merged by the first `columns` of `rows`."""
    if not keys:
        return []
    sql, given = _branches(rows, by, keys, limit)
    order = _order([str(number) for number in range(1, columns + 1)], descending=descending)
    return _run(f"{sql} ORDER BY {order} LIMIT %s", [*given, limit])


def _branches(rows: QuerySet[Any, Any], by: str, keys: Sequence[UUID], limit: int) -> tuple[str, list[Any]]:
    sql, parameters = rows.filter(**{by: _ANY_KEY})[:limit].query.get_compiler(connection=connection).as_sql()
    place = _prepared(rows.model, by, _ANY_KEY)
    given: list[Any] = []
    for key in keys:
        own = _prepared(rows.model, by, key)
        given += [own if one == place else one for one in parameters]
    return " UNION ALL ".join(f"SELECT * FROM ({sql}) branch{number}" for number in range(len(keys))), given  # noqa: S608


def facets(found: QuerySet[Product], *, limit: int | None = None) -> Rows:
    """Return (slug, name, path, number) of the categories of these products, of the first `limit` of them."""
    categories = found.order_by().values_list("category_id")[:limit]
    try:
        sql, parameters = categories.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    return _run(_FACETS.format(found=sql), parameters)


def rows_of(queryset: QuerySet[Any, Any]) -> Rows:
    """Return the rows of a `values_list` without the ORM's conversions."""
    try:
        return _run(*queryset.query.get_compiler(connection=connection).as_sql())
    except EmptyResultSet:
        return []


def update_each(rows: Sequence[Model], columns: Sequence[str]) -> None:
    """Write these columns of each row: `bulk_update` takes longer to build its statement than to run it."""
    for row in rows:
        statements.update(type(row), {"id": row.pk}, {name: getattr(row, name) for name in columns})


def _prepared(model: type[Model], column: str, value: Any) -> Any:
    field: Field[Any, Any] = model._meta.get_field(column)  # type: ignore[assignment]
    return field.get_db_prep_value(value, connection)


def _order(columns: Sequence[str], *, descending: bool) -> str:
    return ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in columns)


def _run(sql: str, parameters: Sequence[Any]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
    return rows
