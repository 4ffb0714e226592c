"""Deletion of old rows in batches, so that no transaction is long."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

BATCH = 1000


def forget(rows: QuerySet[Any]) -> int:
    """Delete all `rows` with their dependents and return their number."""
    count = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        count += len(keys)
    return count
