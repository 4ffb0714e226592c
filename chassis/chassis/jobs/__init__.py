"""Scheduled jobs: a beat tick is a hint, the job's row decides. A doubled beat does no harm."""

from chassis.jobs.clock import limit_due_time
from chassis.jobs.scheduler import job, schedule

__all__ = ["job", "limit_due_time", "schedule"]
