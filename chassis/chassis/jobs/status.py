"""Status of the jobs: failing, late, or with failed rows. For metrics, health, admin and doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from chassis.jobs.models import FailedRow, Job

#: A job this late is not being run: ticks are at most a minute apart.
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    name: str
    failures: int
    error: str
    late: timedelta
    rows: int

    @property
    def failing(self) -> bool:
        return self.failures > 0

    @property
    def problem(self) -> str:
        """One line for a person; empty without a problem."""
        if self.failing:
            return f"{self.name} has failed {self.failures} times: {self.error}"
        if self.rows:
            return f"{self.name}: {self.rows} rows failed and wait for another try"
        if self.late > LATE_AFTER:
            return f"{self.name} has been due for {self.late.total_seconds():.0f} s: does a worker run, and beat?"
        return ""


def jobs(now: datetime) -> Iterator[JobStatus]:
    """Return the status of every job that has run, by name."""
    rows = dict(FailedRow.objects.values_list("job").annotate(rows=Count("id")).order_by())
    for job in Job.objects.order_by("name"):
        yield JobStatus(
            name=job.name,
            failures=job.failures,
            error=job.last_error,
            late=max(now - job.due_at, timedelta(0)) if job.leased_until <= now else timedelta(0),
            rows=rows.get(job.name, 0),
        )


def problems(now: datetime) -> list[str]:
    """Return the problems that need attention."""
    return [one.problem for one in jobs(now) if one.problem]
