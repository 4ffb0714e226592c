"""Drafts and publication of rate tables, by staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Max

from chassis.core.errors import DomainError, Kind
from chassis.transactions import transactional
from shipping import models


class RateTableEmpty(DomainError):
    """A table without rates would serve no destination at all."""

    code, kind = "rate_table_empty", Kind.CONFLICT


@transactional
def draft_rate_table(*, like: UUID) -> models.RateTable:
    """Create a draft of the next version with the same rates, to be edited and published."""
    last = models.RateTable.objects.aggregate(last=Max("version"))["last"] or 0
    draft = models.RateTable.objects.create(version=last + 1, note=f"Draft, copied from {like}")
    rates = list(models.Rate.objects.filter(table_id=like))
    for rate in rates:
        rate.pk, rate.table = models.Rate._meta.pk.get_default(), draft
    models.Rate.objects.bulk_create(rates)
    return draft


@transactional
def publish_rate_table(*, table_id: UUID, now: datetime) -> None:
    """Apply the table from now on. Quotes already issued keep their price. Raises RateTableEmpty."""
    if not models.Rate.objects.filter(table_id=table_id).exists():
        raise RateTableEmpty
    models.RateTable.objects.filter(id=table_id).update(valid_from=now)
