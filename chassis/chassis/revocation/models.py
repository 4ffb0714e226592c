from __future__ import annotations

from django.db import models


class EndedSession(models.Model):
    """A session whose tokens are rejected although they have not expired."""

    id = models.UUIDField(primary_key=True, editable=False)
    ended_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "ended session"

    def __str__(self) -> str:
        return f"session {self.id}"
