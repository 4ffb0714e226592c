"""Sweeps: a job's work row by row. A row that fails is noted and waits; its neighbors are not kept waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from chassis.jobs.models import FailedRow
from chassis.metrics import ROWS_FAILED

log = structlog.get_logger(__name__)

SHORTEST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
#: Rows of one job that may wait at once. Beyond it something general is wrong, and all are tried.
MOST_WAITING = 500


class RowsFailed(Exception):
    """Some rows of a sweep failed; the text names the first ones. All others have been handled."""


def sweep(
    job: str,
    *,
    due: Callable[[list[str]], Iterable[Any]],
    work: Callable[[Any], object],
    now: datetime,
) -> int:
    """Call `work` for each key of `due(waiting)`; how many were handled.

    `waiting` names the keys that failed lately and are to be left out of this look. A key that fails is
    logged, counted, and tried again later and later. Raises RowsFailed after the last key.
    """
    noted = dict(FailedRow.objects.filter(job=job).values_list("key", "next_try_at")[: 2 * MOST_WAITING])
    waiting = [key for key, next_try_at in noted.items() if now < next_try_at <= now + LONGEST_WAIT]
    failed: list[str] = []
    handled = 0
    for key in list(due(waiting[:MOST_WAITING])):
        try:
            work(key)
        except Exception as error:
            log.exception("row_failed", job=job, row=str(key))
            failed.append(f"{key}: {error!r}")
            _note(job, f"{key}", error)
        else:
            handled += 1
            if f"{key}" in noted:
                FailedRow.objects.filter(job=job, key=f"{key}").delete()
    if failed:
        raise RowsFailed(f"{len(failed)} of {handled + len(failed)} rows failed: {'; '.join(failed[:5])}")
    return handled


def _note(job: str, key: str, error: Exception) -> None:
    ROWS_FAILED.labels(job).inc()
    now = timezone.now()
    row = FailedRow.objects.filter(job=job, key=key).first()
    failures = row.failures + 1 if row else 1
    wait = min(SHORTEST_WAIT * 2 ** min(failures - 1, 20), LONGEST_WAIT)
    values = {"failures": failures, "error": repr(error)[:4000], "failed_at": now, "next_try_at": now + wait}
    FailedRow.objects.update_or_create(job=job, key=key, defaults=values)
