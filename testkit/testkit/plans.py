"""How the database would find what a statement asks for, on the engine that the tests run on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

_ASKED = re.compile(r"^(SELECT|UPDATE|DELETE)\b")
#: Small for ever, or Django's own.
_SMALL = re.compile(r"^(django_|auth_|staff_|jobs_job$|jobs_figure$)")


def tables_read_whole(call: Callable[[], Any]) -> list[str]:
    """Return each statement of `call` that reads all rows of a table to find some: `table: statement`.

    On PostgreSQL and MariaDB; `testkit.costs` measures on SQLite.
    """
    with CaptureQueriesContext(connection) as captured:
        call()
    statements = dict.fromkeys(each["sql"] for each in captured.captured_queries)
    return [
        f"{table}: {sql[:300]}"
        for sql in statements
        if _ASKED.match(sql) and _looks_for_some(sql)
        for table in _READ_WHOLE[connection.vendor](sql)
        if not _SMALL.match(table)
    ]


def _looks_for_some(sql: str) -> bool:
    return " WHERE " in sql or " LIMIT " in sql


def missing_indexes() -> list[str]:
    """What a model declares and the database has not."""
    missing = []
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            with connection.cursor() as cursor:
                there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            missing += [f"{model._meta.db_table}: {name}" for name in _declared(model) if name not in there]
    return missing


def _declared(model: type[models.Model]) -> Iterator[str]:
    for each in (*model._meta.indexes, *model._meta.constraints):
        partial = getattr(each, "condition", None) is not None
        if isinstance(each, models.CheckConstraint) or (partial and not connection.features.supports_partial_indexes):
            continue
        if getattr(each, "expressions", ()) and not connection.features.supports_expression_indexes:
            continue
        yield each.name


def _by_postgresql(sql: str) -> list[str]:
    """A table that is nearly empty is read whole whatever there is; so that is made dear."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            ((plan,),) = _explained("EXPLAIN (FORMAT JSON)", sql)
        finally:
            cursor.execute("RESET enable_seqscan")
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return [node["Relation Name"] for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _by_mysql(sql: str) -> list[str]:
    """Of a table that is nearly empty it reads all rows although there is an index; then it names the possible ones."""
    if " WHERE " not in sql:
        return []
    found = []
    for row in _explained("EXPLAIN", sql):
        _, _, table, kind, possible, *_ = row
        if kind in {"ALL", "index"} and not possible and not table.startswith("<"):
            found.append(table)
    return found


def _explained(how: str, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}".replace("%", "%%"), [])
        return list(cursor.fetchall())


_READ_WHOLE = {"postgresql": _by_postgresql, "mysql": _by_mysql}
