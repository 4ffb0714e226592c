"""The job that deletes old revocations."""

from __future__ import annotations

from datetime import datetime, timedelta

from chassis.jobs import job
from chassis.jobs.retention import forget
from chassis.revocation.models import EndedSession

#: Longer than any token is valid.
KEPT = timedelta(hours=24)


@job(every=3600)
def forget_ended_sessions(now: datetime) -> None:
    forget(EndedSession.objects.filter(ended_at__lt=now - KEPT))
