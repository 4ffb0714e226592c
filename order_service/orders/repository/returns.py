"""The repository of returns: rows to domain objects and back.

The order's row is always locked first, so that two transactions never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum

from chassis.core.money import Money
from chassis.transactions import Conflict
from orders import models
from orders.domain.return_states import Return, ReturnNotFound, ReturnStatus
from orders.events_out import NamedItem

_CONVERTED = {"lines", "refund", "status", "known", "version"}
#: The fields that are stored as they are, in a column of the same name.
_PLAIN = [field.name for field in fields(Return) if field.name not in _CONVERTED]


def add_return(return_: Return) -> None:
    models.Return(**_return_columns(return_)).save(force_insert=True)
    models.ReturnLine.objects.bulk_create(
        models.ReturnLine(belongs_to_id=return_.id, sku=line.sku, name=line.name, quantity=line.quantity)
        for line in return_.lines
    )


def locked_return(return_id: UUID) -> Return:
    """Raises ReturnNotFound."""
    row = models.Return.objects.select_for_update().filter(id=return_id).order_by().values().first()
    if row is None:
        raise ReturnNotFound
    lines = models.ReturnLine.objects.filter(belongs_to_id=return_id).order_by("id").values("sku", "name", "quantity")
    return return_of(row, lines)


def save_return(before: Return, after: Return) -> None:
    if after == before:
        return
    same = models.Return.objects.filter(id=before.id, version=before.version)
    if not same.update(**{**_return_columns(after), "version": before.version + 1}):
        raise Conflict(f"return {before.id} was changed by another transaction")


def return_of(row: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> Return:
    """Return the return of a row and its lines."""
    return Return(
        **{name: row[name] for name in _PLAIN},
        lines=tuple(NamedItem(**line) for line in lines),
        refund=Money(row["refund_amount"], row["currency"]),
        status=ReturnStatus(row["status"]),
        known=frozenset(row["known"]),
        version=row["version"],
    )


def _return_columns(return_: Return) -> dict[str, Any]:
    """Return all columns except `version`, which counts saves."""
    return {
        **{name: getattr(return_, name) for name in _PLAIN},
        "currency": return_.refund.currency,
        "refund_amount": return_.refund.amount,
        "status": return_.status.value,
        "known": sorted(return_.known),
    }


def returned_units(
    order_id: UUID, statuses: Sequence[ReturnStatus], *, excluding: UUID | None = None
) -> dict[str, int]:
    """Return the units by SKU in the order's returns of these states."""
    units: dict[str, int] = {}
    lines = models.ReturnLine.objects.filter(belongs_to__order_id=order_id, belongs_to__status__in=statuses)
    if excluding is not None:
        lines = lines.exclude(belongs_to_id=excluding)
    for sku, quantity in lines.values_list("sku", "quantity"):
        units[sku] = units.get(sku, 0) + quantity
    return units


def pledged_refunds(order_id: UUID, currency: str) -> Money:
    """Return the refunds that the order's returns have promised and not received yet."""
    unpaid = [ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.ARRIVED, ReturnStatus.RECEIVED]
    rows = models.Return.objects.filter(order_id=order_id, status__in=unpaid)
    return Money(rows.aggregate(amount=Sum("refund_amount"))["amount"] or 0, currency)


def order_of_return(return_id: UUID) -> UUID:
    """Raises ReturnNotFound."""
    order_id: UUID | None = models.Return.objects.filter(id=return_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise ReturnNotFound
    return order_id


def due_returns(now: datetime, *, limit: int, without: Sequence[str] = ()) -> list[UUID]:
    """Return the ids of returns that wait for an answer or a parcel for too long, except those in `without`."""
    rows = models.Return.objects.exclude(id__in=without)
    impatient = rows.filter(ask_again_at__lte=now).order_by("ask_again_at")
    expired = rows.filter(expires_at__lte=now).order_by("expires_at")
    found = [*impatient.values_list("id", flat=True)[:limit], *expired.values_list("id", flat=True)[:limit]]
    return list(dict.fromkeys(found))


def unsettled_returns(order_id: UUID) -> list[UUID]:
    """Return the ids of returns that were received and are not refunded, oldest first."""
    rows = models.Return.objects.filter(order_id=order_id, status=ReturnStatus.RECEIVED).order_by("requested_at", "id")
    return list(rows.values_list("id", flat=True))


def is_return(return_id: UUID) -> bool:
    return models.Return.objects.filter(id=return_id).exists()
