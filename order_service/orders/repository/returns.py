"""The repository of returns: rows to domain objects and back.

The order's row is always locked first, so that two transactions never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum

from chassis.core.money import Money
from chassis.transactions import Conflict
from orders import models
from orders.domain.return_states import Return, ReturnNotFound, ReturnStatus
from orders.events_out import NamedItem


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


def return_of(row: dict[str, Any], lines: Iterable[dict[str, Any]]) -> Return:
    return Return(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        customer_id=row["customer_id"],
        lines=tuple(NamedItem(**line) for line in lines),
        refund=Money(row["refund_amount"], row["currency"]),
        reason=row["reason"],
        requested_at=row["requested_at"],
        updated_at=row["updated_at"],
        status=ReturnStatus(row["status"]),
        known=frozenset(row["known"]),
        label_url=row["label_url"],
        tracking_number=row["tracking_number"],
        restock=row["restock"],
        label_attempt=row["label_attempt"],
        refund_attempt=row["refund_attempt"],
        expires_at=row["expires_at"],
        message=row["message"],
        asks=row["asks"],
        ask_again_at=row["ask_again_at"],
        version=row["version"],
    )


def _return_columns(return_: Return) -> dict[str, Any]:
    return {
        "id": return_.id,
        "order_id": return_.order_id,
        "number": return_.number,
        "customer_id": return_.customer_id,
        "status": return_.status.value,
        "known": sorted(return_.known),
        "currency": return_.refund.currency,
        "refund_amount": return_.refund.amount,
        "reason": return_.reason,
        "label_url": return_.label_url,
        "tracking_number": return_.tracking_number,
        "restock": return_.restock,
        "label_attempt": return_.label_attempt,
        "refund_attempt": return_.refund_attempt,
        "expires_at": return_.expires_at,
        "message": return_.message,
        "asks": return_.asks,
        "ask_again_at": return_.ask_again_at,
        "requested_at": return_.requested_at,
        "updated_at": return_.updated_at,
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
