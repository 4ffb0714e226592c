"""Reservations, and the only function that moves units: counters and ledger together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from operator import add as add_numbers
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from chassis import statements
from chassis.transactions import Conflict, unit_of_work
from products import models
from products.domain.ledger import Account, Counters, Move, StockTooLow
from products.domain.reservation import Reservation, ReservationStatus, ReservedLine
from products.events_out import Shortage
from products.repository import catalog, ledger


@dataclass(slots=True)
class _Item:
    """A locked stock item: its counters as they are stored, and as they will be."""

    product_id: UUID
    stored: Counters
    counters: Counters


def load(order_ids: Collection[UUID], skus: Collection[str] = ()) -> None:
    """Lock the reservations of the orders, then the stock of their SKUs and of `skus`, for the functions below."""
    loaded = unit_of_work().loaded
    _load_reservations(order_ids)
    reservations = [loaded.get((models.Reservation, order_id)) for order_id in order_ids]
    _load_items({*skus, *(sku for found in reservations if found for sku in found.skus)})


def locked_reservation(order_id: UUID) -> Reservation | None:
    _load_reservations([order_id])
    found: Reservation | None = unit_of_work().loaded.get((models.Reservation, order_id))
    return found


def _load_reservations(order_ids: Collection[UUID]) -> None:
    loaded = unit_of_work().loaded
    wanted = unit_of_work().missing(models.Reservation, order_ids)
    rows = statements.rows_by(models.Reservation, "order_id", wanted, lock=True)
    lines: defaultdict[UUID, list[ReservedLine]] = defaultdict(list)
    for line in statements.rows_by(models.ReservationLine, "reservation_id", [row["id"] for row in rows]):
        lines[line["reservation_id"]].append(ReservedLine(line["sku"], line["quantity"], line["restocked"]))
    loaded.update(((models.Reservation, order_id), None) for order_id in wanted)  # `add` is the only way to make one
    for row in rows:
        loaded[models.Reservation, row["order_id"]] = Reservation(
            order_id=row["order_id"],
            status=ReservationStatus(row["status"]),
            lines=tuple(sorted(lines[row["id"]], key=attrgetter("sku"))),
            reserved_until=row["reserved_until"],
            shortages=tuple(Shortage(**shortage) for shortage in row["shortages"]),
        )


def add(reservation: Reservation, *, now: datetime) -> None:
    """Insert the reservation. Raises Conflict if another transaction has just inserted one for the order."""
    row = models.Reservation(order_id=reservation.order_id, created_at=now, **_columns(reservation, now))
    try:
        statements.insert([row])
    except IntegrityError as error:
        raise Conflict(f"the reservation of order {reservation.order_id} was inserted twice") from error
    unit_of_work().insert(
        models.ReservationLine(reservation_id=row.id, sku=line.sku, quantity=line.quantity)
        for line in reservation.lines
    )
    unit_of_work().loaded[models.Reservation, reservation.order_id] = reservation


def save(reservation: Reservation, *, was: Reservation, now: datetime) -> None:
    """Update the reservation. Raises Conflict if another transaction has changed it since it was read."""
    key = {"order_id": reservation.order_id, "status": was.status}
    if not statements.update(models.Reservation, key, _columns(reservation, now)):
        raise Conflict(f"the reservation of order {reservation.order_id} has changed since it was read")
    unit_of_work().loaded[models.Reservation, reservation.order_id] = reservation
    restocked = [
        line for line, before in zip(reservation.lines, was.lines, strict=True) if line.restocked != before.restocked
    ]
    if restocked:
        unit_of_work().write()  # the lines may be new
    for line in restocked:
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
    items = _load_items(skus)
    return {sku: items[sku].counters for sku in sorted(items)}


def _load_items(skus: Collection[str]) -> dict[str, _Item]:
    """Return the known ones of these SKUs, locked."""
    loaded = unit_of_work().loaded
    for row in statements.rows_by(models.StockItem, "sku", unit_of_work().missing(models.StockItem, skus), lock=True):
        counters = Counters(**{name: row[name] for name in Counters._fields})
        loaded[models.StockItem, row["sku"]] = _Item(row["product_id"], counters, counters)
    return {sku: loaded[models.StockItem, sku] for sku in skus if (models.StockItem, sku) in loaded}


def move(
    moves: Iterable[Move],
    *,
    now: datetime,
    order_id: UUID | None = None,
    return_id: UUID | None = None,
    actor: str = "",
    note: str = "",
) -> None:
    """Change the counters and write the ledger, before the commit.

    Raises StockTooLow, after which the transaction must roll back.
    """
    ordered = sorted(moves, key=lambda one: one.sku)
    items = _load_items({one.sku for one in ordered})
    for one in ordered:
        _change_counters(one, items.get(one.sku))
    write_ledger(ordered, order_id=order_id, return_id=return_id, actor=actor, note=note, now=now)
    unit_of_work().collect(_save_items, items.items())


def write_ledger(
    moves: Iterable[Move],
    *,
    now: datetime,
    order_id: UUID | None = None,
    return_id: UUID | None = None,
    actor: str = "",
    note: str = "",
) -> None:
    unit_of_work().insert(
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


def _change_counters(one: Move, item: _Item | None) -> None:
    if item is None or _units_of(one.source, item.counters) < one.quantity:
        raise StockTooLow(f"{one.source.capitalize()} units of {one.sku}: fewer than {one.quantity}.", sku=one.sku)
    item.counters = Counters(*map(add_numbers, item.counters, one.change))


def _units_of(account: Account, counters: Counters) -> float:
    match account:
        case Account.AVAILABLE:
            return counters.available
        case Account.RESERVED:
            return counters.reserved
        case Account.ALLOCATED:
            return counters.allocated
        case _:
            return inf


def _save_items(changed: list[tuple[str, _Item]]) -> None:
    """Update the counters that differ, and the products that gained their first or lost their last free unit."""
    flipped = []
    for sku, item in sorted(dict(changed).items()):
        if item.counters == item.stored:
            continue
        key = {"sku": sku, **item.stored._asdict()}
        if not statements.update(models.StockItem, key, item.counters._asdict()):
            raise Conflict(f"the stock of {sku} has changed since it was read")
        if (item.counters.available > 0) != (item.stored.available > 0):
            flipped.append(item.product_id)
        item.stored = item.counters
    catalog.refresh(flipped)
