"""Reservations, and the only function that moves units: counters and ledger together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F

from chassis.transactions import Conflict
from products import models
from products.domain.ledger import Account, Counters, Move, StockTooLow
from products.domain.reservation import Reservation, ReservationStatus, ReservedLine
from products.events_out import Shortage
from products.repository import catalog, ledger


def locked_reservation(order_id: UUID) -> Reservation | None:
    row = models.Reservation.objects.select_for_update().filter(order_id=order_id).first()
    if row is None:
        return None
    lines = row.lines.order_by("sku").values_list("sku", "quantity", "restocked")
    return Reservation(
        order_id=order_id,
        status=ReservationStatus(row.status),
        lines=tuple(ReservedLine(*line) for line in lines),
        reserved_until=row.reserved_until,
        shortages=tuple(Shortage(**shortage) for shortage in row.shortages),
    )


def add(reservation: Reservation, *, now: datetime) -> None:
    """Insert the reservation. Raises Conflict if another transaction has just inserted one for the order."""
    try:
        row = models.Reservation.objects.create(
            order_id=reservation.order_id, created_at=now, **_columns(reservation, now)
        )
    except IntegrityError as error:
        raise Conflict(f"the reservation of order {reservation.order_id} was inserted twice") from error
    models.ReservationLine.objects.bulk_create(
        models.ReservationLine(reservation=row, sku=line.sku, quantity=line.quantity) for line in reservation.lines
    )


def save(reservation: Reservation, *, was: Reservation, now: datetime) -> None:
    """Update the reservation. Raises Conflict if another transaction has changed it since it was read."""
    rows = models.Reservation.objects.filter(order_id=reservation.order_id, status=was.status)
    if not rows.update(**_columns(reservation, now)):
        raise Conflict(f"the reservation of order {reservation.order_id} has changed since it was read")
    for line, before in zip(reservation.lines, was.lines, strict=True):
        if line.restocked != before.restocked:
            lines = models.ReservationLine.objects.filter(reservation__order_id=reservation.order_id, sku=line.sku)
            lines.update(restocked=line.restocked)


def due_order_ids(*, now: datetime, limit: int, without: Sequence[str] = ()) -> list[UUID]:
    """Return the orders whose hold has run out, the oldest first."""
    due = models.Reservation.objects.filter(status=ReservationStatus.RESERVED, reserved_until__lte=now)
    return list(due.exclude(order_id__in=without).order_by("reserved_until").values_list("order_id", flat=True)[:limit])


def free_units(skus: Sequence[str]) -> dict[str, int]:
    """Return the free units by SKU. Locks the rows, in SKU order, so that the result stays valid."""
    return {sku: item.available for sku, item in locked_counters(skus).items()}


def locked_counters(skus: Sequence[str]) -> dict[str, Counters]:
    """Return the counters of the known ones of these SKUs. Locks the rows, in SKU order."""
    rows = models.StockItem.objects.select_for_update().filter(sku__in=skus).order_by("sku")
    return {sku: Counters(*units) for sku, *units in rows.values_list("sku", *Counters._fields)}


def move(
    moves: Iterable[Move],
    *,
    now: datetime,
    order_id: UUID | None = None,
    return_id: UUID | None = None,
    actor: str = "",
    note: str = "",
) -> None:
    """Change the counters and write the ledger. Raises StockTooLow, after which the transaction must roll back."""
    ordered = sorted(moves, key=lambda one: one.sku)
    for one in ordered:
        _change_counters(one)
    write_ledger(ordered, order_id=order_id, return_id=return_id, actor=actor, note=note, now=now)
    catalog.refresh(_products_with_changed_availability(ordered))


def write_ledger(
    moves: Iterable[Move],
    *,
    now: datetime,
    order_id: UUID | None = None,
    return_id: UUID | None = None,
    actor: str = "",
    note: str = "",
) -> None:
    models.StockMovement.objects.bulk_create(
        models.StockMovement(
            sku=one.sku,
            quantity=one.quantity,
            source=one.source,
            target=one.target,
            reason=one.reason,
            order_id=order_id,
            return_id=return_id,
            actor=actor,
            note=note,
            created_at=now,
        )
        for one in moves
    )


def discrepancies() -> list[dict[str, Any]]:
    """Return the items whose counters (`counted`) differ from the sum of their movements (`ledger`)."""
    balances = ledger.balances(models.StockMovement.objects.all())
    found = []
    for sku, *units in models.StockItem.objects.values_list("sku", *Counters._fields):
        sums = Counters.of(balances.get(sku, {}))
        if sums != Counters(*units):
            found.append({"sku": sku, "counted": tuple(units), "ledger": tuple(sums)})
    return found


def _columns(reservation: Reservation, now: datetime) -> dict[str, object]:
    return {
        "status": reservation.status,
        "reserved_until": reservation.reserved_until,
        "shortages": [
            {"sku": one.sku, "requested": one.requested, "available": one.available} for one in reservation.shortages
        ],
        "updated_at": now,
    }


def _change_counters(one: Move) -> None:
    rows = models.StockItem.objects.filter(sku=one.sku)
    if one.source is Account.AVAILABLE:
        rows = rows.filter(on_hand__gte=F("reserved") + F("allocated") + one.quantity)
    if one.source is Account.RESERVED:
        rows = rows.filter(reserved__gte=one.quantity)
    if one.source is Account.ALLOCATED:
        rows = rows.filter(allocated__gte=one.quantity)
    if not rows.update(**{name: F(name) + units for name, units in one.change._asdict().items() if units}):
        raise StockTooLow(f"{one.source.capitalize()} units of {one.sku}: fewer than {one.quantity}.", sku=one.sku)


def _products_with_changed_availability(moves: Sequence[Move]) -> list[UUID]:
    """Return the products that gained their first or lost their last free unit: lists show it."""
    freed: Counter[str] = Counter()
    for one in moves:
        freed[one.sku] += one.change.available
    rows = models.StockItem.objects.filter(sku__in=[sku for sku, change in freed.items() if change])
    return [
        product_id
        for sku, product_id, *units in rows.values_list("sku", "product_id", *Counters._fields)
        if (Counters(*units).available > 0) != (Counters(*units).available - freed[sku] > 0)
    ]
