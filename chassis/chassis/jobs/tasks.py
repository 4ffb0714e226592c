"""Jobs that maintain the tables of jobs and figures."""

from __future__ import annotations

from datetime import datetime, timedelta

from chassis.jobs import job, schedule
from chassis.jobs.clock import correct_due_times
from chassis.jobs.figures import compute
from chassis.jobs.models import FailedRow, Job

#: A failed row is tried again within an hour. One without a failure for this long succeeded or was deleted.
FAILED_ROWS_KEPT = timedelta(hours=3)
#: For jobs that are no longer declared; longer than a rolling restart.
UNDECLARED_KEPT = timedelta(hours=1)


@job(every=20)
def bring_back_times(now: datetime) -> None:
    """Correct due times after a clock was ahead."""
    correct_due_times(now=now)


@job(every=60, lease=600)
def work_out_figures(now: datetime) -> None:
    compute()


@job(every=3600)
def forget_old_jobs(now: datetime) -> None:
    FailedRow.objects.filter(failed_at__lt=now - FAILED_ROWS_KEPT).delete()
    Job.objects.exclude(name__in=schedule()).filter(last_started_at__lt=now - UNDECLARED_KEPT).delete()
