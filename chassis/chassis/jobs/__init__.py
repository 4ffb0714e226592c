"""Scheduled jobs: a beat tick is a hint, the job's row decides. A doubled beat does no harm."""

from chassis.jobs.clock import waits
from chassis.jobs.scheduling import job, schedule

__all__ = ["job", "schedule", "waits"]
