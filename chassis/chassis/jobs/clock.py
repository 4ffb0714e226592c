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
class Limit:
    rows: Callable[[], QuerySet[Any]]
    field: str
    longest: timedelta


_limits: list[Limit] = []


def limit_due_time(rows: Callable[[], QuerySet[Any]], field: str, *, longest: timedelta) -> None:
    """Declare that `field` of these rows (a lease, the time of the next try) is never further ahead than `longest`.

    For a service's `tasks.py`. `rows` are those that still wait, found by an index that ends with the field.
    """
    _limits.append(Limit(rows, field, longest))


def declared() -> list[Limit]:
    """Of all modules that have been imported."""
    return list(_limits)


def correct_due_times(*, now: datetime) -> int:
    """Make due what is further ahead than it can be; how many rows."""
    count = 0
    for limit in _limits:
        wrong = limit.rows().filter(**{f"{limit.field}__gt": now + limit.longest + _MARGIN})
        if found := wrong.update(**{limit.field: now}):
            log.warning("clock_was_ahead", rows=found, field=f"{wrong.model.__name__}.{limit.field}")
            count += found
    return count
