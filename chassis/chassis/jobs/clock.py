"""Correction of due times that were written while a clock was ahead, so that no work waits for the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet

log = structlog.get_logger(__name__)

#: Allowed difference between the clocks of several machines.
_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Limit:
    rows: Callable[[], QuerySet[Any]]
    field: str
    longest: timedelta


_limits: list[Limit] = []


def limit_due_time(rows: Callable[[], QuerySet[Any]], field: str, *, longest: timedelta) -> None:
    """Declare that `field` of the rows (a lease, the time of the next try) is at most `longest` in the future.

    For a service's `tasks.py`. `rows` returns the open rows; an index should end with the field.
    """
    _limits.append(Limit(rows, field, longest))


def declared() -> list[Limit]:
    """Return the limits declared by all imported modules."""
    return list(_limits)


def correct_due_times(*, now: datetime) -> int:
    """Make rows due whose time exceeds its limit and return their number."""
    count = 0
    for limit in _limits:
        wrong = limit.rows().filter(**{f"{limit.field}__gt": now + limit.longest + _MARGIN})
        if found := wrong.update(**{limit.field: now}):
            log.warning("clock_was_ahead", rows=found, field=f"{wrong.model.__name__}.{limit.field}")
            count += found
    return count
