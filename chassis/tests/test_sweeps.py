"""Sweeps: a failing row delays no other row and does not stay the first one."""

from datetime import timedelta

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone
from prometheus_client import REGISTRY

from chassis.jobs import job, status, tasks
from chassis.jobs.models import FailedRow, Job
from chassis.jobs.sweeps import LONGEST_WAIT, sweep

pytestmark = pytest.mark.django_db

runs = []


@job(every=5)
def sweep_rows(now):
    runs[-1].sweep(now)


class Rows:
    """Rows by number with their results. The `broken` ones raise."""

    def __init__(self, number, broken, limit=100):
        self.open, self.broken, self.limit, self.tried = list(range(number)), set(broken), limit, []

    def due(self, waiting):
        return [row for row in self.open if f"{row}" not in waiting][: self.limit]

    def work(self, row):
        self.tried.append(row)
        if row in self.broken:
            raise ValueError(f"row {row} is broken")
        self.open.remove(row)

    def sweep(self, now=None):
        return sweep("job.rows", due=self.due, work=self.work, now=now or timezone.now())


@pytest.mark.parametrize("broken", [[0], [5], [9], [0, 5, 9]])
def test_neighbors_of_a_broken_row_are_handled_in_the_same_sweep(broken):
    rows = Rows(10, broken)
    assert rows.sweep() == 10 - len(broken)
    assert rows.open == broken


def test_broken_rows_wait_behind_all_others():
    rows = Rows(10, range(4), limit=4)  # as many broken rows at the front as one sweep takes
    rows.sweep()
    assert rows.sweep() == 4
    assert rows.sweep() == 2
    assert rows.open == [0, 1, 2, 3]
    assert rows.sweep() == 0


def test_a_broken_row_is_tried_again_later_and_later():
    rows = Rows(1, [0])
    waits = []
    for _ in range(12):
        rows.sweep()
        row = FailedRow.objects.get()
        waits.append(row.next_try_at - row.failed_at)
        FailedRow.objects.update(next_try_at=timezone.now())
    assert waits == sorted(waits)
    assert waits[0] < waits[3] < waits[-1] == LONGEST_WAIT
    assert "row 0 is broken" in row.error


def test_a_row_that_was_mended_leaves_no_trace():
    rows = Rows(3, [1])
    rows.sweep()
    rows.broken.clear()
    FailedRow.objects.update(next_try_at=timezone.now())
    assert rows.sweep() == 1
    assert not FailedRow.objects.exists()


def test_a_clock_that_was_ahead_does_not_keep_a_row_waiting():
    rows = Rows(1, [0])
    rows.sweep()
    FailedRow.objects.update(next_try_at=timezone.now() + timedelta(days=400))
    rows.broken.clear()
    assert rows.sweep() == 1


def test_the_job_says_which_rows_failed_and_is_well_again_when_none_does():
    rows = Rows(10, [4])
    runs.append(rows)
    sweep_rows()
    row = Job.objects.get()
    assert row.failures == 1
    assert "1 rows failed: 4: ValueError('row 4 is broken')" in row.last_error
    rows.broken.clear()
    FailedRow.objects.update(next_try_at=timezone.now())
    Job.objects.update(due_at=timezone.now())
    sweep_rows()
    assert Job.objects.get().failures == 0
    assert rows.open == []


def test_while_the_database_is_away_no_row_is_blamed(monkeypatch):
    monkeypatch.setattr("chassis.jobs.sweeps.database_is_away", lambda: True)

    def away(row):
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        sweep("job.rows", due=lambda waiting: [1, 2], work=away, now=timezone.now())
    assert not FailedRow.objects.exists()


def test_a_statement_that_the_database_refuses_is_the_rows_fault():
    def refused(row):
        if row == 1:
            raise DataError("value too long")

    assert sweep("job.rows", due=lambda waiting: [1, 2], work=refused, now=timezone.now()) == 1
    assert FailedRow.objects.get().key == "1"


def test_failed_rows_are_counted_and_shown():
    before = REGISTRY.get_sample_value("souk_job_rows_failed_total", {"job": "job.rows"}) or 0
    Rows(4, [1, 2]).sweep()
    Job.objects.create(name="job.rows", due_at=timezone.now(), failures=1, last_error="2 of 4")
    assert REGISTRY.get_sample_value("souk_job_rows_failed_total", {"job": "job.rows"}) == before + 2
    (shown,) = status.jobs(timezone.now())
    assert (shown.rows, shown.failing) == (2, True)


def test_old_notes_and_jobs_that_nobody_declares_are_forgotten():
    old = timezone.now() - timedelta(days=8)
    FailedRow.objects.create(job="job.rows", key="1", failed_at=old, next_try_at=old)
    FailedRow.objects.create(job="job.rows", key="2", failed_at=timezone.now(), next_try_at=old)
    Job.objects.create(name="job.renamed", last_started_at=old)
    Job.objects.create(name="job.forget_old_jobs", last_started_at=old, due_at=old)
    tasks.forget_old_jobs()
    assert [row.key for row in FailedRow.objects.all()] == ["2"]
    assert [job.name for job in Job.objects.all()] == ["job.forget_old_jobs"]
