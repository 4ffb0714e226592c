"""The books that each sandbox provider keeps of its own, as a real one would: one SQLite file a provider."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Bytes to which SQLite cuts its write-ahead log after a checkpoint.
LARGEST_WAL = 4 * 1024 * 1024


class Books:
    """`Books("payments", SCHEMA)` is `$SANDBOX_HOME/payments.sqlite3`, opened at the first use.

    One connection behind a lock: statements of several threads follow one another. Each call is a
    transaction of its own, unless inside `with books.transaction():`, which is all or nothing.
    """

    def __init__(self, name: str, schema: str) -> None:
        self.name = name
        self.schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def execute(self, sql: str, *values: Any) -> int:
        """Carry out one statement; how many rows it changed."""
        with self._lock:
            return self._open().execute(sql, values).rowcount

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """All rows of a query."""
        with self._lock:
            return [dict(row) for row in self._open().execute(sql, values)]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        with self._lock:
            found = self._open().execute(sql, values).fetchone()
            return dict(found) if found else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Keep it short, and do not `await` inside: everybody else waits."""
        with self._lock:
            connection = self._open()
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk may have rolled it back already
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            home = Path(os.environ.get("SANDBOX_HOME") or "var/sandbox")
            home.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                home / f"{self.name}.sqlite3", isolation_level=None, check_same_thread=False, timeout=10
            )
            connection.row_factory = sqlite3.Row
            connection.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                f"PRAGMA journal_size_limit={LARGEST_WAL}; {self.schema}"
            )
            self._connection = connection
        return self._connection
