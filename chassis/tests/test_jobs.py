"""Jobs: a doubled beat, a dead run and a failing run do no harm."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chassis.jobs import job
from chassis.jobs.models import Job

pytestmark = pytest.mark.django_db
runs = []


@job(every=60, lease=30)
def count(now):
    runs.append(now)
    if len(runs) == 3:
        raise RuntimeError("third time unlucky")


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


def pass_time():
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_doubled_beat_runs_it_once():
    count()
    count()
    assert len(runs) == 1


def test_it_runs_again_when_due():
    count()
    pass_time()
    count()
    assert len(runs) == 2


def test_while_one_runs_no_other_does_and_a_dead_run_is_followed():
    count()
    pass_time()
    Job.objects.update(leased_until=timezone.now() + timedelta(seconds=30))
    count()
    assert len(runs) == 1
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    count()
    assert len(runs) == 2


def test_an_error_is_kept_where_staff_see_it_and_the_next_run_is_on_schedule():
    for _ in range(3):
        count()
        pass_time()
    assert "third time unlucky" in Job.objects.get().last_error
    count()
    assert len(runs) == 4
    assert Job.objects.get().last_error == ""
