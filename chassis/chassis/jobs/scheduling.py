from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from chassis.context import Trace, current, tracing

log = structlog.get_logger(__name__)

#: Seconds between two ticks of a rare job: how late it may be after a restart.
_LONGEST_TICK = 60.0

_every: dict[str, float] = {}

Work = Callable[[datetime], None]


def job(*, every: float, lease: float = 60.0) -> Callable[[Work], Any]:
    """A Celery task that runs `function(now)` every so many seconds, in one place at a time.

    `lease`: seconds after which a run is taken for dead and another may start; the work must
    bear that. An error is logged and kept on the job's row; the next run is on schedule.
    """

    def declare(function: Work) -> Any:
        name = f"job.{function.__name__}"
        _every[name] = every

        def run() -> None:
            started = time.monotonic()
            if not _claim(name, every=every, lease=lease):
                return
            error = ""
            with tracing(Trace(current().correlation_id)):
                try:
                    function(timezone.now())
                except Exception as caught:  # kept on the row, shown in the admin
                    error = repr(caught)
                    log.exception("job_failed", job=name)
            _finish(name, seconds=time.monotonic() - started, error=error)

        run.__name__ = function.__name__
        run.__doc__ = function.__doc__
        return shared_task(name=name)(run)

    return declare


def schedule() -> dict[str, dict[str, Any]]:
    """The beat schedule of all declared jobs, after their modules have been imported."""
    return {
        name: {
            "task": name,
            "schedule": timedelta(seconds=min(every, _LONGEST_TICK)),
            "options": {"expires": max(every, 1.0), "queue": f"{settings.SERVICE_NAME}_jobs"},
        }
        for name, every in _every.items()
    }


def _claim(name: str, *, every: float, lease: float) -> bool:
    from chassis.jobs.models import Job

    now = timezone.now()
    mine = {
        "due_at": now + timedelta(seconds=every * 0.9),  # a tick may come a little early
        "leased_until": now + timedelta(seconds=lease),
        "last_started_at": now,
    }
    if Job.objects.filter(name=name, due_at__lte=now, leased_until__lte=now).update(**mine):
        return True
    if Job.objects.filter(name=name).exists():
        return False
    try:
        Job.objects.create(name=name, **mine)
    except IntegrityError:
        return False
    return True


def _finish(name: str, *, seconds: float, error: str) -> None:
    from chassis.jobs.models import EPOCH, Job

    Job.objects.filter(name=name).update(leased_until=EPOCH, last_seconds=round(seconds, 3), last_error=error)
