from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class ImportStatus(models.TextChoices):
    WAITING = "waiting", "waits for a person to confirm"
    RUNNING = "running", "running"
    DONE = "done", "done"
    DISCARDED = "discarded", "discarded"


class ProductImport(models.Model):
    """A file of products and the progress of its import. Each product is imported in its own transaction."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=200)
    content = models.TextField(help_text="The file; erased when it is done.")
    actor = models.CharField(max_length=254, help_text="Who of the staff.")
    status = models.CharField(max_length=10, choices=ImportStatus.choices)
    products = models.PositiveIntegerField(help_text="In the file.")
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="New or changed.")
    losses = models.JSONField(default=list, help_text="What is not sold or shown any more.")
    problems = models.JSONField(default=list, help_text="What was refused while it ran.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "created_at"], name="import_to_run"),
            models.Index(fields=["created_at"], name="import_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name
