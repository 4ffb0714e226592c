"""Statements whose SQL is built once and then used with other values.

For the few statements that run for each message: building their SQL costs the ORM more than running them. MongoDB takes
the ORM's way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, QuerySet
from django.db.models.constants import OnConflict

#: SQLite and PostgreSQL take more parameters in one statement; this keeps the number of cached statements small.
_MOST_PARAMETERS = 2000

Row = dict[str, Any]


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> int:
    """Insert rows of one model and return their number. Keys that the database makes are not read back.

    `ignore_conflicts`: leave out rows whose unique key is taken; MongoDB cannot.
    """
    if not rows:
        return 0
    model, database = type(rows[0]), default_connection()
    if database.vendor == "mongodb":
        return len(model._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts))
    columns, inserted = _inserted_fields(model), 0
    most = max(1, _MOST_PARAMETERS // len(columns))
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        values = [field.get_db_prep_save(field.pre_save(row, True), database) for row in part for field in columns]
        inserted += _execute(database, _insert_sql(model, len(part), ignore_conflicts, database.vendor), values)
    return inserted


def update(model: type[Model], key: Mapping[str, Any], changes: Mapping[str, Any]) -> int:
    """Set the columns `changes` of the rows whose columns equal `key`, and return their number.

    Both are mappings from the model's field names, such as `order_id` for a foreign key.
    """
    database = default_connection()
    if database.vendor == "mongodb":
        return model._default_manager.filter(**key).update(**changes)
    fields = _fields(model)
    values = [fields[name].get_db_prep_save(value, database) for name, value in changes.items()]
    values += [fields[name].get_db_prep_value(value, database) for name, value in key.items()]
    return _execute(database, _update_sql(model, tuple(changes), tuple(key), database.vendor), values)


def rows_by(model: type[Model], column: str, values: Collection[Hashable], *, lock: bool = False) -> list[Row]:
    """Return the rows whose `column` is one of `values`, ordered by it, each by field name. `lock`: FOR UPDATE."""
    found: list[Row] = []
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _MOST_PARAMETERS):
        found += _select(model, column, wanted[start : start + _MOST_PARAMETERS], lock=lock)
    return found


def values_by(model: type[Model], names: Sequence[str], where: Mapping[str, Collection[Hashable]]) -> list[Any]:
    """Return these fields, as tuples, of the rows in which each column of `where` has one of its values.

    For some hundred values; in no order.
    """
    if not all(where.values()):
        return []
    database = default_connection()
    if database.vendor == "mongodb":
        conditions = {f"{column}__in": list(values) for column, values in where.items()}
        return list(model._default_manager.filter(**conditions).order_by().values_list(*names))
    fields = _fields(model)
    parameters: list[Any] = []
    places: list[tuple[str, int]] = []
    for column, values in where.items():
        wanted = padded([fields[column].get_db_prep_value(value, database) for value in dict.fromkeys(values)])
        parameters += wanted
        places.append((column, len(wanted)))
    read = tuple(fields[name] for name in names)
    sql = _values_sql(model, read, tuple(places), database.vendor)
    return [tuple(row) for row in _fetched(database, sql, parameters, read)]


def existing(model: type[Model], column: str, values: Collection[Hashable]) -> set[Any]:
    """Return those of `values` that `column` has in a row of the table."""
    return set(_select(model, column, list(dict.fromkeys(values)), only=True)) if values else set()


def _select(
    model: type[Model], column: str, values: Sequence[Hashable], *, lock: bool = False, only: bool = False
) -> list[Any]:
    if not values:
        return []
    database = default_connection()
    if database.vendor == "mongodb":
        return _select_by_orm(model._default_manager.filter(**{f"{column}__in": values}).order_by(column), column, only)
    field = _fields(model)[column]
    parameters = padded([field.get_db_prep_value(value, database) for value in values])
    fields = (field,) if only else tuple(_fields(model).values())
    sql = _select_sql(model, fields, column, len(parameters), lock, database.vendor)
    found = _fetched(database, sql, parameters, fields)
    if only:
        return [value for (value,) in found]
    names = list(_fields(model))
    return [dict(zip(names, row, strict=True)) for row in found]


def _fetched(
    database: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any], fields: tuple[Field[Any, Any], ...]
) -> list[list[Any]]:
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = [list(row) for row in cursor.fetchall()]
    for place, convert in _converters(fields, database.vendor):
        for row in found:
            row[place] = convert(row[place], database)
    return found


def default_connection() -> BaseDatabaseWrapper:
    """Return the connection itself: the proxy `connection` costs more than the conversion of a value."""
    return connections[DEFAULT_DB_ALIAS]


def _select_by_orm(rows: QuerySet[Any], column: str, only: bool) -> list[Any]:
    return list(rows.values_list(column, flat=True) if only else rows.values())


def padded(values: list[Any]) -> list[Any]:
    """Repeat the last value up to a power of two, so that lists of all lengths share a few statements."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))


@cache
def _converters(fields: tuple[Field[Any, Any], ...], vendor: str) -> list[tuple[int, Callable[[Any, Any], Any]]]:
    """Return the conversions of what the database returns, each with the place of its column."""
    found: list[tuple[int, Callable[[Any, Any], Any]]] = []
    for place, field in enumerate(fields):
        column = field.get_col(field.model._meta.db_table)  # of a foreign key, with the type of its target
        for convert in [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]:
            found.append((place, partial(_convert, convert, column)))
    return found


def _convert(convert: Callable[..., Any], column: Any, value: Any, database: Any) -> Any:
    return convert(value, column, database)


@cache
def _fields(model: type[Model]) -> dict[str, Field[Any, Any]]:
    return {field.attname: field for field in model._meta.concrete_fields}


@cache
def _inserted_fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in _fields(model).values() if not field.get_internal_type().endswith("AutoField")]


@cache
def _insert_sql(model: type[Model], rows: int, ignore_conflicts: bool, vendor: str) -> str:
    fields = _inserted_fields(model)
    names = ", ".join(_name(field) for field in fields)
    values = f"({', '.join(['%s'] * len(fields))})"
    conflict = OnConflict.IGNORE if ignore_conflicts else None
    into = connection.ops.insert_statement(on_conflict=conflict)
    suffix = connection.ops.on_conflict_suffix_sql(fields, conflict, [], [])
    return f"{into} {_quoted(model._meta.db_table)} ({names}) VALUES {', '.join([values] * rows)} {suffix}".rstrip()


@cache
def _update_sql(model: type[Model], changed: tuple[str, ...], key: tuple[str, ...], vendor: str) -> str:
    changes = ", ".join(f"{_column(model, name)} = %s" for name in changed)
    where = " AND ".join(f"{_column(model, name)} = %s" for name in key)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE {where}"


@cache
def _select_sql(
    model: type[Model], fields: tuple[Field[Any, Any], ...], column: str, number: int, lock: bool, vendor: str
) -> str:
    names = ", ".join(_name(field) for field in fields)
    places = ", ".join(["%s"] * number)
    key = _column(model, column)
    sql = f"SELECT {names} FROM {_quoted(model._meta.db_table)} WHERE {key} IN ({places}) ORDER BY {key}"
    if lock and connection.features.has_select_for_update:
        sql += f" {connection.ops.for_update_sql()}"
    return sql


@cache
def _values_sql(
    model: type[Model], fields: tuple[Field[Any, Any], ...], where: tuple[tuple[str, int], ...], vendor: str
) -> str:
    names = ", ".join(_name(field) for field in fields)
    wanted = " AND ".join(f"{_column(model, name)} IN ({', '.join(['%s'] * number)})" for name, number in where)
    return f"SELECT {names} FROM {_quoted(model._meta.db_table)} WHERE {wanted}"


def _column(model: type[Model], name: str) -> str:
    return _name(_fields(model)[name])


def _name(field: Field[Any, Any]) -> str:
    return _quoted(str(field.column))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(database: BaseDatabaseWrapper, sql: str, values: Sequence[Any]) -> int:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
