"""The triggers that keep the ledger, lifted for what tests alone may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from django.db import connection

_guard = import_module("payments.migrations.0011_ledger_is_only_added_to")


def lift() -> list[str]:
    statements: list[str] = _guard.DROP[connection.vendor]
    return statements


def guard() -> list[str]:
    statements: list[str] = _guard.CREATE[connection.vendor]
    return statements


@contextmanager
def lifted() -> Iterator[None]:
    """Let the ledger be changed inside, to plant a corruption."""
    with connection.cursor() as cursor:
        for statement in lift():
            cursor.execute(statement)
        yield
        for statement in guard():
            cursor.execute(statement)
