"""The jobs' own job."""

from __future__ import annotations

from datetime import datetime, timedelta

from chassis.jobs import job, schedule
from chassis.jobs.clock import correct_due_times
from chassis.jobs.figures import work_out
from chassis.jobs.models import FailedRow, Job

#: A row is tried again within an hour. One that has not failed for so long was mended, or has gone.
FAILED_ROWS_KEPT = timedelta(hours=3)
#: A job that no worker declares any more; longer than a rolling restart.
UNDECLARED_KEPT = timedelta(hours=1)


@job(every=20)
def bring_back_times(now: datetime) -> None:
    """After a clock was ahead."""
    correct_due_times(now=now)


@job(every=60, lease=600)
def work_out_figures(now: datetime) -> None:
    work_out()


@job(every=3600)
def forget_old_jobs(now: datetime) -> None:
    FailedRow.objects.filter(failed_at__lt=now - FAILED_ROWS_KEPT).delete()
    Job.objects.exclude(name__in=schedule()).filter(last_started_at__lt=now - UNDECLARED_KEPT).delete()
