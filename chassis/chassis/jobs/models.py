from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Job(models.Model):
    """One row a scheduled job: when it is due, and who runs it until when."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField(default=EPOCH)
    leased_until = models.DateTimeField(default=EPOCH)
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_seconds = models.FloatField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name
