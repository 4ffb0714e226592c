"""Commands that fill a database with many generated rows, to see what the service costs when it has grown."""

from __future__ import annotations

import random
import time
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

BATCH = 1000
#: Of all generated ids.
_SPACE = UUID("5eed0000-0000-4000-8000-000000000000")
#: The generated rows are as if they had come one after the other in the last year.
_SECONDS = 365 * 86_400


class SeedCommand(BaseCommand):
    """A command with the option `--<what> N`. It writes no messages: other services do not hear of the rows."""

    what: str

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(f"--{self.what}", dest="rows", type=int, required=True, help="Number of rows to add.")
        parser.add_argument("--random", type=int, default=1, help="Seed of the generated values.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Generated rows are for development only.")
        rows, began = options["rows"], time.monotonic()
        self.now, self.rows = timezone.now(), rows
        first = self.prepare()
        for start in range(first, first + rows, BATCH):
            numbers = range(start, min(start + BATCH, first + rows))
            self.add(numbers, random.Random(f"{options['random']} {start}"))
            if (start - first) // BATCH % 10 == 9:
                self._tell(numbers.stop - first, began)
        if connection.vendor in {"sqlite", "postgresql"}:  # the others keep the statistics of their planners themselves
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        self._tell(rows, began)

    @abstractmethod
    def prepare(self) -> int:
        """Write what all rows need, and return the number of generated rows that are there."""

    @abstractmethod
    def add(self, numbers: range, chance: random.Random) -> None:
        """Add the rows of these numbers, in one transaction."""

    def moment(self, number: int) -> datetime:
        """Return a time in the last year, the later the higher the number of the row."""
        return self.now - timedelta(seconds=_SECONDS * (1 - (number % self.rows + 1) / self.rows))

    def _tell(self, done: int, began: float) -> None:
        self.stdout.write(f"{done:,} of {self.rows:,} {self.what}, {time.monotonic() - began:.0f} s")
        self.stdout.flush()


def generated_id(kind: str, number: int) -> UUID:
    """Return the id of a generated object; all services know it by the same."""
    return uuid5(_SPACE, f"{kind} {number}")
