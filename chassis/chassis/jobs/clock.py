"""Times that were written while a clock was ahead are brought back: nothing waits until the clock has caught up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet

log = structlog.get_logger(__name__)

#: Clocks of several machines differ a little.
_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Wait:
    rows: Callable[[], QuerySet[Any]]
    field: str
    longest: timedelta


_waits: list[Wait] = []


def waits(rows: Callable[[], QuerySet[Any]], field: str, *, longest: timedelta) -> None:
    """Declare that `field` of these rows (a lease, the time of the next try) is never further ahead than `longest`.

    For a service's `tasks.py`. `rows` are those that still wait, found by an index that ends with the field.
    """
    _waits.append(Wait(rows, field, longest))


def declared() -> list[Wait]:
    """Of all modules that have been imported."""
    return list(_waits)


def bring_back(*, now: datetime) -> int:
    """Make due what is further ahead than it can be; how many rows."""
    count = 0
    for wait in _waits:
        wrong = wait.rows().filter(**{f"{wait.field}__gt": now + wait.longest + _MARGIN})
        if found := wrong.update(**{wait.field: now}):
            log.warning("clock_was_ahead", rows=found, field=f"{wrong.model.__name__}.{wait.field}")
            count += found
    return count
