from __future__ import annotations

from django.db import models


class WorkItem(models.Model):
    """One thing to do outside any transaction: a call, a mail, a webhook to process.

    Without `due_at` an unfinished item was given up and waits for a person. A subclass inherits `WorkItem.Meta`.
    """

    due_at = models.DateTimeField("next try", null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False, help_text="The run that has it in hand.")
    attempts = models.PositiveIntegerField(default=0, help_text="Each may have had its effect.")
    error = models.TextField(blank=True, default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["finished_at", "due_at"], name="%(app_label)s_%(class)s_due")]
