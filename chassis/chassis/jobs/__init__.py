"""Scheduled jobs: a beat tick is a hint and the job's row decides, so two beats do no harm."""

from chassis.jobs.clock import limit_due_time
from chassis.jobs.scheduler import job, schedule

__all__ = ["job", "limit_due_time", "schedule"]
