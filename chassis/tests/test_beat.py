"""Beat continues after changes of the clock and failures of the broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from chassis.jobs.beat import Scheduler


@pytest.fixture
def clock(monkeypatch):
    """`clock["now"]`: the time that Celery sees."""
    told = {"now": datetime(2026, 11, 25, 12, tzinfo=UTC)}
    monkeypatch.setattr("celery.schedules.BaseSchedule.now", lambda self: told["now"])
    monkeypatch.setattr("celery.beat.ScheduleEntry.default_now", lambda self: told["now"])
    monkeypatch.setattr(Celery, "now", lambda self: told["now"])
    return told


@pytest.fixture
def beat(clock, monkeypatch):
    app = Celery("beaten", set_as_current=False)
    app.conf.beat_schedule = {"job.swept": {"task": "job.swept", "schedule": timedelta(seconds=2)}}
    app.conf.timezone = "UTC"
    made = Scheduler(app, lazy=True)
    made.sent = []
    monkeypatch.setattr(made, "apply_entry", lambda entry, producer=None: made.sent.append(clock["now"]))
    monkeypatch.setattr(Scheduler, "producer", None)
    made.setup_schedule()
    return made


def let_pass(beat, clock, seconds):
    for _ in range(seconds):
        clock["now"] += timedelta(seconds=1)
        while not beat.tick():
            pass


def test_a_clock_that_was_set_back_stops_no_schedule(beat, clock):
    let_pass(beat, clock, 10)
    clock["now"] += timedelta(hours=2)
    let_pass(beat, clock, 10)
    clock["now"] -= timedelta(hours=2)
    beat.sent.clear()
    let_pass(beat, clock, 20)
    assert len(beat.sent) >= 9


def test_an_error_ends_no_beat(beat, clock, monkeypatch):
    def broken(*_, **__):
        raise KeyError("anything")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(beat, "apply_entry", broken)
        clock["now"] += timedelta(seconds=5)
        assert beat.tick() == 1.0
    let_pass(beat, clock, 10)
    assert beat.sent
