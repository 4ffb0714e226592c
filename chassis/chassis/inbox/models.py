from __future__ import annotations

from django.db import models


class ReceivedMessage(models.Model):
    """A handled message, written in the transaction of its handler."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    correlation_id = models.CharField(max_length=64, db_index=True)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "received message"

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class FailedMessage(models.Model):
    """A message whose handler raised. Retried until `parked_at`, then a dead letter that staff can replay."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    correlation_id = models.CharField(max_length=64, db_index=True)
    envelope = models.TextField()
    error = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "failed message"
        indexes = [models.Index(fields=["next_try_at"], name="inbox_next_try")]
        permissions = [
            ("replay_failedmessage", "Can replay failed messages"),
            ("forget_failedmessage", "Can forget dead letters"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"
