"""Retention: old rows go, a batch at a time, so that no transaction is long and a job keeps up with any number."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

BATCH = 1000


def forget(rows: QuerySet[Any]) -> int:
    """Delete all `rows`, with what belongs to them; how many they were."""
    count = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        count += len(keys)
    return count
