from __future__ import annotations

from django.db import models


class Erasure(models.Model):
    """The erasure of a person's data. The row is kept, so that late data are erased, too."""

    user_id = models.UUIDField(primary_key=True, editable=False)
    asked_at = models.DateTimeField()
    waits_for = models.CharField(max_length=300, blank=True, default="")
    receipt_due = models.BooleanField(default=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "erasure"

    def __str__(self) -> str:
        return f"erasure of {self.user_id}"
