"""Leases on work items: one conditional update each, which is exact on every engine.

An item is settled only by its lease: once that has passed to another run, `renew`, `finish`, `try_later`, `give_up` and
`give_back` write nothing and return False. `values` are columns of the service's own, written by the same update.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db.models import F, Q, QuerySet

from chassis import statements
from chassis.transactions import transactional
from chassis.work.models import WorkItem

Item = TypeVar("Item", bound=WorkItem)

LONGEST_ERROR = 2000
_FREE = {"lease": None, "leased_until": None}


def unleased(now: datetime) -> Q:
    """Match the items that no run has."""
    return Q(leased_until=None) | Q(leased_until__lte=now)


def due(rows: QuerySet[Item], now: datetime) -> QuerySet[Item]:
    """Return those of the rows that a run may take."""
    return rows.filter(unleased(now), finished_at=None, due_at__lte=now)


@transactional
def lease_one(rows: QuerySet[Item], key: Any, *, now: datetime, lasting: timedelta) -> Item | None:
    """Take the item and count the attempt; None when it is not due or another run has it."""
    return next(iter(_take(rows, [key], now, lasting)), None)


@transactional
def lease_batch(
    rows: QuerySet[Item], *, now: datetime, lasting: timedelta, limit: int, order: Sequence[str] = ("due_at",)
) -> list[Item]:
    """Take up to `limit` items under one lease and count the attempt of each."""
    keys = due(rows, now).order_by(*order).values_list("pk", flat=True)[:limit]
    return list(_take(rows.order_by(*order), list(keys), now, lasting))


@transactional
def renew(item: WorkItem, *, now: datetime, lasting: timedelta, **values: Any) -> bool:
    """Hold the item for longer, for work in several steps."""
    return _update(item, {"leased_until": now + lasting, **values})


@transactional
def finish(item: WorkItem, *, now: datetime, error: str = "", **values: Any) -> bool:
    """Mark the item as done, in the transaction that writes the effect."""
    return _settle(item, error, due_at=None, finished_at=now, **values)


@transactional
def finish_all(items: Sequence[WorkItem], *, now: datetime, **values: Any) -> int:
    """Mark the items of one lease as done, and return the number of those that were still ours."""
    return _held(items).update(**_FREE, error="", due_at=None, finished_at=now, **values) if items else 0


@transactional
def try_later(item: WorkItem, *, at: datetime, error: str = "", **values: Any) -> bool:
    """Make the item due again at a later time."""
    return _settle(item, error, due_at=at, **values)


@transactional
def give_up(item: WorkItem, *, error: str, **values: Any) -> bool:
    """Leave the item to a person."""
    return _settle(item, error, due_at=None, **values)


@transactional
def give_back(items: Sequence[WorkItem]) -> bool:
    """Free what was leased and not begun, and take back its attempt. All of one lease."""
    return bool(items and _held(items).update(**_FREE, attempts=F("attempts") - 1))


def _take(rows: QuerySet[Item], keys: list[Any], now: datetime, lasting: timedelta) -> QuerySet[Item]:
    lease = uuid4()
    free = due(rows.filter(pk__in=keys).select_related(None).order_by(), now)
    taken = free.update(lease=lease, leased_until=now + lasting, attempts=F("attempts") + 1) if keys else 0
    return rows.filter(pk__in=keys, lease=lease) if taken else rows.none()


def _settle(item: WorkItem, error: str, **values: Any) -> bool:
    return _update(item, {**_FREE, "error": error.replace("\x00", "")[:LONGEST_ERROR], **values})


def _update(item: WorkItem, changes: dict[str, Any]) -> bool:
    """Change the item if it is still ours."""
    assert item.lease is not None, "only a leased item is settled"
    return bool(statements.update(type(item), {item._meta.pk.attname: item.pk, "lease": item.lease}, changes))


def _held(items: Sequence[WorkItem]) -> QuerySet[Any]:
    """Those that are still ours."""
    lease = items[0].lease
    assert lease is not None, "only a leased item is settled"
    return type(items[0])._default_manager.filter(pk__in=[item.pk for item in items], lease=lease)
