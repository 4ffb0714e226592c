"""The job that erases what an erasure has waited for."""

from __future__ import annotations

from datetime import datetime

from chassis.jobs import job, waits
from chassis.privacy import erasing
from chassis.privacy.models import Erasure

waits(lambda: Erasure.objects.exclude(next_try_at=None), "next_try_at", longest=erasing.PERIOD)


@job(every=3)
def erase_due(now: datetime) -> None:
    erasing.erase_due(now=now)
