"""The job that continues erasures."""

from __future__ import annotations

from datetime import datetime

from chassis.jobs import job, limit_due_time
from chassis.privacy import erasures
from chassis.privacy.models import Erasure

limit_due_time(lambda: Erasure.objects.exclude(next_try_at=None), "next_try_at", longest=erasures.PERIOD)


@job(every=3)
def erase_due(now: datetime) -> None:
    erasures.erase_due(now=now)
