from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class CarrierWebhook(models.Model):
    """What a carrier has sent us, verified and stored before it was answered; worked on afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=32)
    event_id = models.CharField(max_length=100)
    body = models.TextField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="Empty: nothing more to do.")
    attempts = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="shipping_webhook_once")]
        indexes = [
            models.Index(fields=["due_at"], name="shipping_webhook_due"),
            models.Index(fields=["received_at"], name="shipping_webhook_received"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
