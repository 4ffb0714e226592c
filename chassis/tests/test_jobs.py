"""Jobs survive a second beat, dead, failing and overtaken runs, and a wrong clock."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from celery.schedules import crontab
from django.utils import timezone

from chassis import jobs
from chassis.inbox import tasks  # noqa: F401  (declares the due times of the inbox)
from chassis.inbox.models import FailedMessage
from chassis.jobs import clock as clocks
from chassis.jobs import job, scheduler
from chassis.jobs.models import Job
from chassis.jobs.timetable import Every, timetable
from chassis.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db
runs = []
during = []

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@job(every=60, lease=30)
def count(now):
    runs.append(now)
    for action in during:
        action()
    if len(runs) == 3:
        raise RuntimeError("third time unlucky")


@job(every=3600)
def count_hourly(now):
    runs.append(now)


@job(every=crontab(hour=3, minute=30))
def count_nightly(now):
    runs.append(now)


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()
    during.clear()


@pytest.fixture
def clock(monkeypatch):
    """Set the time of day: `clock(moment)`."""
    return lambda moment: monkeypatch.setattr(scheduler.timezone, "now", lambda: moment)


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
    row = Job.objects.get()
    assert "third time unlucky" in row.last_error
    assert row.failures == 1
    assert row.last_succeeded_at < row.last_started_at
    count()
    row = Job.objects.get()
    assert len(runs) == 4
    assert (row.last_error, row.failures) == ("", 0)
    assert row.last_succeeded_at > row.last_started_at


def test_a_run_that_outlives_its_lease_does_not_free_its_successors_nor_write_its_outcome():
    seen = []

    def overtaken():
        during.clear()
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        pass_time()
        during.append(lambda: seen.append(Job.objects.get()))
        count()  # the next run
        Job.objects.update(last_error="the successor's", leased_until=timezone.now() + timedelta(seconds=30))

    during.append(overtaken)
    count()
    row = Job.objects.get()
    assert len(runs) == 2
    assert row.claim == seen[0].claim, "the first run took the row back"
    assert row.leased_until > timezone.now(), "the first run freed its successor's lease"
    assert row.last_error == "the successor's"


def test_an_hourly_job_runs_every_sixty_minutes_whenever_the_ticks_come(clock):
    for minute in range(300):
        jitter = timedelta(seconds=(minute % 3 - 1) * 0.4)
        clock(NOON + timedelta(minutes=minute) + jitter)
        count_hourly()
    minutes = [round((moment - NOON).total_seconds() / 60) for moment in runs]
    assert minutes == [0, 60, 120, 180, 240]


def test_late_ticks_do_not_add_up(clock):
    for late in (0, 40, 50, 30):
        clock(NOON + len(runs) * HOUR + timedelta(seconds=late))
        count_hourly()
    assert len(runs) == 4
    assert Job.objects.get().due_at == NOON + 4 * HOUR


def test_an_outage_is_followed_by_one_run_and_not_by_all_that_were_missed(clock):
    clock(NOON)
    count_hourly()
    for seconds in (0, 60, 120):
        clock(NOON + 10 * HOUR + timedelta(minutes=10, seconds=seconds))
        count_hourly()
    assert len(runs) == 2


def test_a_job_at_a_time_of_day_runs_then_once_a_day(clock):
    clock(NOON)
    count_nightly()
    runs.clear()
    for minutes in range(0, 3 * 24 * 60, 10):
        clock(NOON + timedelta(minutes=minutes, seconds=20))
        count_nightly()
    assert [(moment.day, moment.hour, moment.minute) for moment in runs] == [(26, 3, 30), (27, 3, 30), (28, 3, 30)]


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), HOUR, 2 * HOUR, timedelta(days=400)])
@pytest.mark.parametrize("each", [count, count_hourly])
def test_a_clock_that_was_ahead_does_not_stop_a_job(clock, each, ahead):
    clock(NOON + ahead)
    each()
    clock(NOON)
    each()
    if ahead > HOUR or each is count:
        assert len(runs) == 2
    clock(NOON + HOUR)
    each()
    assert runs[-1] == NOON + HOUR


def test_a_clock_that_was_ahead_while_a_process_died_does_not_keep_the_lease(clock):
    clock(NOON + 2 * HOUR)
    count()
    Job.objects.update(leased_until=NOON + 2 * HOUR + timedelta(seconds=30))
    clock(NOON)
    count()
    assert len(runs) == 2


def test_a_clock_that_was_ahead_does_not_postpone_a_nightly_job(clock):
    clock(NOON)
    count_nightly()
    clock(NOON + timedelta(hours=16))
    count_nightly()  # 04:00 by the wrong clock: the night's run is done
    runs.clear()
    clock(NOON + timedelta(minutes=1))
    count_nightly()
    assert runs == []
    clock(NOON + timedelta(hours=15, minutes=31))
    count_nightly()
    assert len(runs) == 1


def test_the_schedule_ticks_at_least_once_a_minute():
    ticks = {name: entry["schedule"].total_seconds() for name, entry in jobs.schedule().items()}
    assert ticks["job.count"] == 60
    assert ticks["job.count_nightly"] == 60
    assert max(ticks.values()) <= 60


def test_the_period_is_what_was_written():
    assert timetable(3600) == Every(3600)
    assert Every(3600).after(NOON, NOON + timedelta(seconds=0.3)) == NOON + HOUR


def test_due_times_are_corrected_after_a_clock_was_ahead():
    """The clock was two hours ahead: leases, pauses and the next tries of messages are corrected, valid times stay."""
    now = timezone.now()
    outbox = {"type": "t", "envelope": "{}", "correlation_id": "c", "created_at": now}
    for version, ahead in enumerate((timedelta(hours=2), timedelta(seconds=30))):
        OutboxMessage.objects.create(subject="s", version=version, held_until=now + ahead, **outbox)
        FailedMessage.objects.create(
            id=uuid4(), type="t", subject="s", envelope="{}", error="e", failed_at=now, next_try_at=now + ahead / 2
        )
    assert clocks.correct_due_times(now=now) == 2
    assert OutboxMessage.objects.filter(held_until__lte=now).count() == 1
    assert FailedMessage.objects.filter(next_try_at__lte=now).count() == 1
