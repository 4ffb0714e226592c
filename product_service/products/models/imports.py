from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class ImportStatus(models.TextChoices):
    WAITING = "waiting", "waiting for confirmation"
    RUNNING = "running", "running"
    DONE = "done", "done"
    DISCARDED = "discarded", "discarded"


class ProductImport(models.Model):
    """A file of products and the progress of its import. Each product is imported in its own transaction."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=200)
    content = models.TextField(help_text="The file; deleted when the import is done.")
    actor = models.CharField(max_length=254, help_text="The member of staff.")
    status = models.CharField(max_length=10, choices=ImportStatus.choices)
    products = models.PositiveIntegerField(help_text="In the file.")
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="New or changed.")
    losses = models.JSONField(default=list, help_text="What is no longer sold or shown.")
    problems = models.JSONField(default=list, help_text="Products refused during the import.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "created_at"], name="import_to_run"),
            models.Index(fields=["created_at"], name="import_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name
