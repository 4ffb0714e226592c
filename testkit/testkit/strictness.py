"""Checks that make SQLite as strict as the production engines, so that tests find what those refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DataError, connection, models

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_NOT_JSON = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


@contextmanager
def strict_columns() -> Iterator[None]:
    """Raise DataError for what PostgreSQL or MariaDB does not store: NUL, surrogates, too long, out of range."""
    lenient = models.Field.get_db_prep_save

    def strict(field: Any, value: Any, connection: Any) -> Any:
        if not hasattr(value, "resolve_expression"):
            _check(field, value)
        return lenient(field, value, connection)

    models.Field.get_db_prep_save = strict  # type: ignore[method-assign,assignment]
    try:
        with connection.execute_wrapper(_check_parameters):
            yield
    finally:
        models.Field.get_db_prep_save = lenient  # type: ignore[method-assign]


def _check(field: Any, value: Any) -> None:
    if isinstance(field, models.JSONField):
        if _NOT_JSON.search(json.dumps(value, default=str).replace("\\\\", "")):
            raise DataError(f"{field}: NUL or surrogate in JSON")
    elif isinstance(value, str):
        longest = field.max_length
        if longest is not None and len(value) > longest:
            raise DataError(f"{field}: {len(value)} characters, {longest} fit")
    elif isinstance(value, int) and isinstance(field, models.IntegerField):
        low, high = connection.ops.integer_field_range(field.get_internal_type())
        low, high = _RANGES.get(field.get_internal_type(), (low, high))
        if not (low is None or low <= value) or not (high is None or value <= high):
            raise DataError(f"{field}: {value} is out of range")


#: SQLite stores 64 bits in every integer column.
_RANGES = {
    "IntegerField": (-(2**31), 2**31 - 1),
    "PositiveIntegerField": (0, 2**31 - 1),
    "SmallIntegerField": (-(2**15), 2**15 - 1),
    "PositiveSmallIntegerField": (0, 2**15 - 1),
}


def _check_parameters(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
    for row in parameters or () if many else (parameters or (),):
        for value in row.values() if isinstance(row, dict) else row:
            if isinstance(value, str) and _NOT_TEXT.search(value):
                raise DataError(f"NUL or surrogate as a parameter of {str(sql)[:120]}")
    return execute(sql, parameters, many, context)
