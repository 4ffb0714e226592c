"""What one transaction has loaded, and what it writes in bulk before its commit."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model

from chassis import statements

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)
Writer = Callable[[list[T]], object]


class UnitOfWork:
    """Collects writes that nothing in the transaction reads, so that many become one statement.

    `loaded` maps a kind and a key, such as a type and an id, to what was read and locked for them. Who changes a row
    keeps its entry up to date.
    """

    def __init__(self) -> None:
        self.loaded: dict[tuple[Hashable, Hashable], Any] = {}
        self._collected: dict[Writer[Any], list[Any]] = {}

    def missing(self, kind: Hashable, keys: Iterable[Key]) -> list[Key]:
        """Return those of the keys for which nothing of this kind was loaded."""
        return [key for key in keys if (kind, key) not in self.loaded]

    def insert(self, rows: Iterable[Model]) -> None:
        """Insert the rows before the commit, together with the other rows of their table."""
        for row in rows:
            self.collect(_inserter(type(row)), [row])

    def collect(self, write: Writer[T], items: Iterable[T]) -> None:
        """Call `write` once before the commit, with these items after those collected earlier."""
        self._collected.setdefault(write, []).extend(items)

    def write(self) -> None:
        """Write all that was collected, in the order in which the writers were first used."""
        while self._collected:
            write = next(iter(self._collected))
            write(self._collected.pop(write))

    def flush(self) -> None:
        """Write all that was collected and forget what was loaded, for who reads or changes rows of any kind next."""
        self.write()
        self.loaded.clear()


@cache
def _inserter(model: type[Model]) -> Writer[Model]:
    def insert(rows: list[Model]) -> None:
        statements.insert(rows)

    return insert
