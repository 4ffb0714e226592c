"""What a statement costs SQLite, by its own count of the instructions that it ran.

SQLite alone: the other engines read a table of some thousand rows whole although it has an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

_ASKED = re.compile(r"^\s*(SELECT|UPDATE|DELETE|WITH)\b")
_VALUES = re.compile(r"'[^']*'|\b\d+\b")
#: Rows that a statement may look at beyond those that it returns: a batch of a job, a bounded count, joins of a page.
MOST_ROWS = 1_500
_EACH_ROW = 8
#: Instructions for a row that is looked at, and between two calls of the counter.
_INSTRUCTIONS = 9
_TICK = 50


def dear_statements(call: Callable[[], Any], name: str, *, empty: bool = True) -> list[str]:
    """Return the statements of `call` that look at far more rows than they return, each after `name`.

    `empty`: also those that return nothing.
    """
    with CaptureQueriesContext(connection) as captured:
        call()
    shapes = {_VALUES.sub("?", each["sql"]): each["sql"] for each in captured.captured_queries}
    found = []
    for sql in shapes.values():
        if _ASKED.match(sql):
            returned, looked_at = _measured(sql)
            if looked_at > MOST_ROWS + _EACH_ROW * returned and (empty or returned):
                found.append(f"{name}: {looked_at:,} rows for {returned}: {sql[:600]}")
    return found


def _measured(sql: str) -> tuple[int, int]:
    """Return the number of returned rows and of rows looked at; what the statement has changed is undone."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    with transaction.atomic():
        connection.connection.set_progress_handler(tick, _TICK)
        try:
            rows = _run(sql)
        finally:
            connection.connection.set_progress_handler(None, _TICK)
        transaction.set_rollback(True)
    columns = len(rows[0]) if rows else 0
    return len(rows), max(ticks * _TICK - len(rows) * 3 * columns, 0) // _INSTRUCTIONS


def _run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("%", "%%"), [])
        return list(cursor.fetchall()) if cursor.description else []
