"""The records of each sandbox provider: one SQLite file each."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Size in bytes of SQLite's write-ahead log after a checkpoint.
LARGEST_WAL = 4 * 1024 * 1024


class Books:
    """`Books("payments", SCHEMA)` is `$SANDBOX_HOME/payments.sqlite3`, opened on first use.

    One connection behind a lock serializes the statements of all threads. Each call is its own transaction, except
    inside `with books.transaction():`.
    """

    def __init__(self, name: str, schema: str) -> None:
        self.name = name
        self.schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; return the number of changed rows."""
        with self._lock:
            return self._open().execute(sql, values).rowcount

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Return all rows of a query."""
        with self._lock:
            return [dict(row) for row in self._open().execute(sql, values)]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found = self._open().execute(sql, values).fetchone()
            return dict(found) if found else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction. Keep it short and do not `await` inside, because all others wait."""
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
