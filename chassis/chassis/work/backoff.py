"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """A pause that doubles from `first` to `longest`, shortened at random by up to `jitter` of it."""

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=5)
    jitter: float = 0.1

    def after(self, attempts: int) -> timedelta:
        """Return the pause after so many failed attempts."""
        pause: timedelta = min(self.first * 2 ** min(max(attempts - 1, 0), 30), self.longest)
        return pause * (1 - random.uniform(0, self.jitter))
