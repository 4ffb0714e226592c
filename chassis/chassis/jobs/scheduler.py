"""Declaration and execution of scheduled jobs: `@job`, the claim of a run, and its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from celery import shared_task
from celery.schedules import crontab
from django.conf import settings
from django.db import IntegrityError
from django.db.models import F, Q
from django.utils import timezone

from chassis.core.context import Trace, current, tracing
from chassis.jobs.timetable import At, Timetable, timetable
from chassis.metrics import JOB_RUNS, cpu_timer

log = structlog.get_logger(__name__)

#: Seconds between two ticks of a rare job, and so its delay after a restart.
_LONGEST_TICK = 60.0
#: Seconds by which a tick may be early; due times stay on their grid.
_EARLY = 1.0

Work = Callable[[datetime], None]


class _Declared:
    """A declared job."""

    def __init__(self, every: float | crontab, lease: float) -> None:
        self.timetable = timetable(every)
        self.lease = timedelta(seconds=lease)
        self.tick = _LONGEST_TICK if isinstance(every, crontab) else min(every, _LONGEST_TICK)
        self.early = timedelta(seconds=min(_EARLY, self.tick / 10))


_declared: dict[str, _Declared] = {}


def job(*, every: float | crontab, lease: float = 60.0) -> Callable[[Work], Any]:
    """Declare a Celery task that runs `function(now)` every `every` seconds or by a crontab, one run at a time.

    `lease`: seconds after which a run counts as dead and another may start, which the function must tolerate. An
    error is logged and stored in the job's row; the next run is on schedule.
    """

    def declare(function: Work) -> Any:
        name = f"job.{function.__name__}"
        declared = _declared[name] = _Declared(every, lease)

        def run() -> None:
            started = time.monotonic()
            claim = _claim(name, declared)
            if claim is None:
                return
            with tracing(Trace(current().correlation_id)), cpu_timer("jobs"):
                error = _error_of(name, function)
            JOB_RUNS.labels(name, "failed" if error else "done").inc()
            _finish(name, claim, seconds=time.monotonic() - started, error=error)

        run.__name__ = function.__name__
        run.__doc__ = function.__doc__
        return shared_task(name=name, lease=lease)(run)

    return declare


def _error_of(name: str, function: Work) -> str:
    """Run the function and return the error text for the job's row."""
    from chassis.jobs.sweeps import failures

    with failures() as rows:
        try:
            function(timezone.now())
        except Exception as caught:  # stored in the row and shown in the admin
            log.exception("job_failed", job=name)
            return repr(caught)
    return f"{len(rows)} rows failed: {'; '.join(rows[:5])}" if rows else ""


def schedule() -> dict[str, dict[str, Any]]:
    """Return the beat schedule of all declared jobs; import their modules first."""
    return {
        name: {
            "task": name,
            "schedule": timedelta(seconds=declared.tick),
            "options": {"expires": max(declared.tick, 1.0), "queue": f"{settings.SERVICE_NAME}_jobs"},
        }
        for name, declared in _declared.items()
    }


def _claim(name: str, declared: _Declared) -> UUID | None:
    """Return the claim of this run; None when the job is not due or is running."""
    from chassis.jobs.models import EPOCH, Job

    now, claim = timezone.now(), uuid4()
    row = Job.objects.filter(name=name).first()
    if row is None:
        return _first_claim(name, declared, claim, now)
    due_at = _corrected(row.due_at, declared.timetable, now, declared.early)
    free = Job.objects.filter(name=name, due_at=row.due_at, claim=row.claim).filter(_lease_over(declared, now))
    if due_at > now + declared.early:
        if due_at != row.due_at:
            free.update(due_at=due_at)
        return None
    following = declared.timetable.after(max(due_at, EPOCH), now + declared.early)
    return claim if free.update(due_at=following, **_mine(claim, declared, now)) else None


def _first_claim(name: str, declared: _Declared, claim: UUID, now: datetime) -> UUID | None:
    from chassis.jobs.models import Job

    try:
        Job.objects.create(name=name, due_at=declared.timetable.after(now, now), **_mine(claim, declared, now))
    except IntegrityError:
        return None
    return claim


def _mine(claim: UUID, declared: _Declared, now: datetime) -> dict[str, Any]:
    return {"claim": claim, "leased_until": now + declared.lease, "last_started_at": now}


def _corrected(due_at: datetime, when: Timetable, now: datetime, early: timedelta) -> datetime:
    """Return the due time, corrected if it is later than possible because a clock was ahead."""
    latest = when.latest(now)
    if due_at <= latest + early:
        return due_at
    return latest if isinstance(when, At) else now


def _lease_over(declared: _Declared, now: datetime) -> Q:
    """Return the condition of an expired lease, or one later than possible because a clock was ahead."""
    return Q(leased_until__lte=now) | Q(leased_until__gt=now + declared.lease + declared.early)


def _finish(name: str, claim: UUID, *, seconds: float, error: str) -> None:
    """Release the lease and store the outcome, unless another run took over the job."""
    from chassis.jobs.models import EPOCH, Job

    outcome: dict[str, Any] = {
        "last_seconds": round(seconds, 3),
        "last_error": error.replace("\x00", "")[:4000],
        "leased_until": EPOCH,
    }
    if error:
        outcome["failures"] = F("failures") + 1
    else:
        outcome |= {"failures": 0, "last_succeeded_at": timezone.now()}
    if not Job.objects.filter(name=name, claim=claim).update(**outcome):
        log.warning("job_overtaken", job=name, seconds=round(seconds, 3))
