"""Sweeps: a job processes rows one by one; a row that fails is deferred and does not delay the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils import timezone

from chassis.jobs.models import FailedRow
from chassis.metrics import ROWS_FAILED
from chassis.transactions import database_is_away

log = structlog.get_logger(__name__)

SHORTEST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
#: Deferred rows per job. With more, the cause is general, and all rows are tried.
MOST_WAITING = 500


_failed: ContextVar[list[str] | None] = ContextVar("rows_failed", default=None)


def sweep(
    job: str,
    *,
    due: Callable[[list[str]], Iterable[Any]],
    work: Callable[[Any], object],
    now: datetime,
) -> int:
    """Call `work` for each key of `due(deferred)` and return the number of successes.

    `deferred`: keys that failed recently and must be excluded. A key that fails is logged, counted, stored, and tried
    again with increasing delays.
    """
    noted: set[str] = set(FailedRow.objects.filter(job=job).values_list("key", flat=True)[: 2 * MOST_WAITING])
    keys = list(due(deferred(job, now=now) if noted else []))
    return sum(attempt(job, key, work, noted=_text(key) in noted) for key in keys)


def deferred(job: str, *, now: datetime) -> list[str]:
    """Return the keys of the job that failed and are not yet due for another try."""
    noted = FailedRow.objects.filter(job=job, next_try_at__gt=now, next_try_at__lte=now + LONGEST_WAIT)
    return list(noted.order_by("-next_try_at").values_list("key", flat=True)[:MOST_WAITING])


def attempt(job: str, key: Any, work: Callable[[Any], object], *, noted: bool = True) -> bool:
    """Call `work(key)` and return whether it succeeded. Raises only when the database is unavailable.

    `noted`: whether the key may have failed before, so that a success deletes its row.
    """
    try:
        work(key)
    except Exception as error:
        if isinstance(error, DatabaseError) and database_is_away():
            raise
        log.exception("row_failed", job=job, row=f"{key}")
        _note(job, _text(key), error)
        return False
    if noted:
        FailedRow.objects.filter(job=job, key=_text(key)).delete()
    return True


@contextmanager
def failures() -> Iterator[list[str]]:
    """Collect the rows that fail in this block, each with its error."""
    found: list[str] = []
    token = _failed.set(found)
    try:
        yield found
    finally:
        _failed.reset(token)


def _text(key: Any) -> str:
    return f"{key}"[:64]


def _note(job: str, key: str, error: Exception) -> None:
    ROWS_FAILED.labels(job).inc()
    found = _failed.get()
    if found is not None:
        found.append(f"{key}: {error!r}")
    now = timezone.now()
    row = FailedRow.objects.filter(job=job, key=key).first()
    failures = row.failures + 1 if row else 1
    wait = min(SHORTEST_WAIT * 2 ** min(failures - 1, 20), LONGEST_WAIT)
    values = {
        "failures": failures,
        "error": repr(error).replace("\x00", "")[:4000],
        "failed_at": now,
        "next_try_at": now + wait,
    }
    FailedRow.objects.update_or_create(job=job, key=key, defaults=values)
