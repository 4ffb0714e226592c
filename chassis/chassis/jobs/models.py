from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from uuid_utils.compat import uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Job(models.Model):
    """A scheduled job: its due time, its lease, and the outcome of its last runs."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField(default=EPOCH)
    leased_until = models.DateTimeField(default=EPOCH)
    claim = models.UUIDField(null=True, blank=True, editable=False, help_text="The run that holds the lease.")
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_succeeded_at = models.DateTimeField(null=True, blank=True)
    last_seconds = models.FloatField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed runs since the last good one.")
    last_error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name


class FailedRow(models.Model):
    """A row that a job failed to process. It is deferred until `next_try_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.CharField(max_length=100)
    key = models.CharField(max_length=64, help_text="The row's id.")
    failures = models.PositiveIntegerField(default=1)
    error = models.TextField(blank=True, default="")
    failed_at = models.DateTimeField(db_index=True)
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="jobs_failed_row_key")]
        indexes = [models.Index(fields=["job", "next_try_at"], name="jobs_failed_row_next")]

    def __str__(self) -> str:
        return f"{self.job} {self.key}"


class Figure(models.Model):
    """A business metric as last computed by a job; see `chassis.jobs.figures`."""

    name = models.CharField(max_length=100, primary_key=True)
    documentation = models.CharField(max_length=300)
    type = models.CharField(max_length=20)
    samples = models.JSONField(help_text="Name, labels and value of each.")

    def __str__(self) -> str:
        return self.name
