"""How the jobs stand: which ones fail, are late, or leave rows behind. For metrics, health, admin and doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from chassis.jobs.models import FailedRow, Job

#: A tick is at most a minute away, and a worker may be busy. Later than this nobody runs the job.
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    name: str
    failures: int
    error: str
    late: timedelta
    rows: int

    @property
    def failing(self) -> bool:
        return self.failures > 0

    @property
    def trouble(self) -> str:
        """One line for a person; empty when all is well."""
        if self.failing:
            return f"{self.name} has failed {self.failures} times: {self.error}"
        if self.rows:
            return f"{self.name}: {self.rows} rows failed and wait for another try"
        if self.late > PATIENCE:
            return f"{self.name} has been due for {self.late.total_seconds():.0f} s: does a worker run, and beat?"
        return ""


def jobs(now: datetime) -> Iterator[Standing]:
    """All jobs that have ever run, by name."""
    rows = dict(FailedRow.objects.values_list("job").annotate(rows=Count("id")).order_by())
    for job in Job.objects.order_by("name"):
        yield Standing(
            name=job.name,
            failures=job.failures,
            error=job.last_error,
            late=max(now - job.due_at, timedelta(0)) if job.leased_until <= now else timedelta(0),
            rows=rows.get(job.name, 0),
        )


def troubles(now: datetime) -> list[str]:
    """What a person must look at."""
    return [one.trouble for one in jobs(now) if one.trouble]
