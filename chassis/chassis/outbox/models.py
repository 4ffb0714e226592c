from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from uuid_utils.compat import uuid7

#: Not leased. A date and not NULL, so that one index serves "unsent and not leased".
FREE = datetime(1970, 1, 1, tzinfo=UTC)


class OutboxMessage(models.Model):
    """A message to send, or sent. Kept for seven days so that it can be resent after data loss."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    version = models.BigIntegerField(help_text="Grows within a subject; microseconds, with gaps.")
    correlation_id = models.CharField(max_length=64, db_index=True)
    mandatory = models.BooleanField(default=False, help_text="A command: somebody must be there to take it.")
    envelope = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(default=FREE, help_text="Leased by a relay, or backing off, until then.")
    lease = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "message out"
        verbose_name_plural = "messages out"
        constraints = [models.UniqueConstraint(fields=["subject", "version"], name="outbox_subject_version")]
        indexes = [
            models.Index(fields=["sent_at", "held_until", "version"], name="outbox_due"),
            models.Index(fields=["lease"], name="outbox_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"
