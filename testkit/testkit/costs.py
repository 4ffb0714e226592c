"""What a statement costs the engine, by the engine's own count of the rows that it looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

_ASKED = re.compile(r"^\s*(SELECT|UPDATE|DELETE|WITH)\b")
_VALUES = re.compile(r"'[^']*'|\b\d+\b")
#: Rows that a statement may look at beyond those that it returns: a batch of a job, a bounded count, joins of a page.
MOST_ROWS = 1_500
_EACH_ROW = 8
#: Instructions of SQLite's machine for a row that is looked at.
_INSTRUCTIONS = 9
_TICK = 50


def dear_statements(call: Callable[[], Any], name: str, *, empty: bool = True) -> list[str]:
    """Return the statements of `call` that look at far more rows than they return, each after `name`.

    `empty`: also those that return nothing.
    """
    if connection.vendor == "mongodb":
        return [f"{name}: {found}" for found in _by_mongodb(call)]
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
    with transaction.atomic():
        found = _MEASURED[connection.vendor](sql)
        transaction.set_rollback(True)
    return found


def _run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("%", "%%"), [])
        return list(cursor.fetchall()) if cursor.description else []


def _by_sqlite(sql: str) -> tuple[int, int]:
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    connection.connection.set_progress_handler(tick, _TICK)
    try:
        rows = _run(sql)
    finally:
        connection.connection.set_progress_handler(None, _TICK)
    columns = len(rows[0]) if rows else 0
    return len(rows), max(ticks * _TICK - len(rows) * 3 * columns, 0) // _INSTRUCTIONS


def _by_postgresql(sql: str) -> tuple[int, int]:
    ((plan,),) = _run(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    looked_at = sum(_looked_at(node) for node in _nodes(top) if "Relation Name" in node and "Plans" not in node)
    return int(top["Actual Rows"]), looked_at


def _looked_at(node: dict[str, Any]) -> int:
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int(sum(node.get(name, 0) for name in names) * node["Actual Loops"])


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


_READS = """
    SELECT SUM(VARIABLE_VALUE) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME LIKE 'HANDLER_READ%'
"""


def _by_mysql(sql: str) -> tuple[int, int]:
    def reads() -> int:
        ((total,),) = _run(_READS)
        return int(total)

    own = -reads() + reads()
    before = reads()
    rows = _run(sql)
    return len(rows), reads() - before - own


_MEASURED = {"sqlite": _by_sqlite, "postgresql": _by_postgresql, "mysql": _by_mysql}


def _by_mongodb(call: Callable[[], Any]) -> Iterator[str]:
    connection.ensure_connection()
    database: Any = connection.database  # type: ignore[attr-defined]
    database.command("profile", 2)
    try:
        call()
    finally:
        database.command("profile", 0)
    for entry in database["system.profile"].find({"ns": {"$not": re.compile(r"system\.")}}):
        looked_at = max(entry.get("docsExamined", 0), entry.get("keysExamined", 0))
        returned = entry.get("nreturned", 0) + entry.get("nModified", 0) + entry.get("ndeleted", 0)
        if looked_at > MOST_ROWS + _EACH_ROW * returned:
            yield f"{looked_at:,} rows for {returned}: {str(entry.get('command'))[:600]}"
    database["system.profile"].drop()
