"""Commands that fill a database with many generated rows, to see what the service costs when it has grown."""

from __future__ import annotations

import random
import time
from abc import abstractmethod
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

BATCH = 1000


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
        self.prepare()
        for start in range(0, rows, BATCH):
            size = min(BATCH, rows - start)
            self.add(size, random.Random(f"{options['random']} {start}"))
            if start // BATCH % 10 == 9:
                self._tell(start + size, rows, began)
        self.finish()
        self._tell(rows, rows, began)

    def prepare(self) -> None:
        """Write what all rows need."""

    @abstractmethod
    def add(self, size: int, chance: random.Random) -> None:
        """Add `size` rows, in one transaction."""

    def finish(self) -> None:
        """Do what follows the last row."""

    def _tell(self, done: int, rows: int, began: float) -> None:
        self.stdout.write(f"{done:,} of {rows:,} {self.what}, {time.monotonic() - began:.0f} s")
        self.stdout.flush()
