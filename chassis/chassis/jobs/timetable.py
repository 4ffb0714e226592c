"""Timetables of jobs: an interval in seconds, or the times of a crontab (UTC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Protocol

from celery.schedules import crontab


class Timetable(Protocol):
    def after(self, due_at: datetime, now: datetime) -> datetime:
        """Return the next due time after `now`; the last one was `due_at`."""

    def latest(self, now: datetime) -> datetime:
        """Return the latest possible next time. A row with a later one was written while a clock was ahead."""


@dataclass(frozen=True)
class Every:
    seconds: float

    def after(self, due_at: datetime, now: datetime) -> datetime:
        """Stay on the grid of `due_at`, so that delays do not accumulate."""
        missed = floor((now - due_at).total_seconds() / self.seconds)
        return due_at + timedelta(seconds=self.seconds * max(1, missed + 1))

    def latest(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class At:
    times: crontab

    def after(self, due_at: datetime, now: datetime) -> datetime:
        start, delta, _ = self.times.remaining_delta(now)
        following: datetime = start + delta
        return following

    def latest(self, now: datetime) -> datetime:
        return self.after(now, now)


def timetable(every: float | crontab) -> Timetable:
    return At(every) if isinstance(every, crontab) else Every(every)
