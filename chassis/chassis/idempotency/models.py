from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class IdempotencyKey(models.Model):
    """A caller's key: claimed while its request runs, then with the stored answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    claim = models.UUIDField()
    claimed_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty while running.")
    body = models.TextField(blank=True, default="")
    location = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_caller_key")]

    def __str__(self) -> str:
        return self.key
