"""Stock: what orders ask for, what staff correct, what the clock takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.transactions import Conflict, transactional
from products.domain.ledger import Reason, StockNotMoved, adjustment
from products.domain.reservation import (
    Change,
    Reservation,
    ReservationStatus,
    ReservationUnknown,
    hold_until,
    merged,
    new_reservation,
    released_beforehand,
)
from products.events_out import StockReleased, StockRestocked
from products.models import Restock
from products.repository import stock

Lines = Sequence[tuple[str, int]]


@transactional
def reserve_stock(*, order_id: UUID, lines: Lines, hold_seconds: int, now: datetime) -> Reservation:
    """Hold all lines for the order, or none; the answer says which. Asked again, it answers the same.

    Only a hold that has expired is taken anew. Raises LinesNotReservable.
    """
    until = hold_until(now, hold_seconds)
    found = stock.locked_reservation(order_id)
    if found is None:
        change = new_reservation(order_id, lines, free=stock.free_units(list(merged(lines))), until=until)
        stock.add(change.reservation, now=now)
        stock.move(change.moves, order_id=order_id, now=now)
        found = change.reservation
    elif found.status is ReservationStatus.EXPIRED:
        found = _carry_out(found, found.held_again(free=stock.free_units(found.skus), until=until), now)
    record([found.answer_to_reserve()])
    return found


@transactional
def allocate_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Commit what the order holds. When the hold has expired: if there is still stock, else rejected.

    Raises ReservationUnknown: the message is tried again, after the one that it has overtaken.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if found.status in {ReservationStatus.RESERVED, ReservationStatus.EXPIRED}:
        found = _carry_out(found, found.allocated(free=stock.free_units(found.skus)), now)
    record([found.answer()])
    return found


@transactional
def dispatch_stock(*, order_id: UUID, now: datetime) -> None:
    """The order's parcel has left: its units are no longer on the shelf. Told again, it changes nothing.

    Raises ReservationUnknown, and StockTooLow when the units were given back and sold again since.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if found.status is not ReservationStatus.DISPATCHED:
        _carry_out(found, found.dispatched(), now)


@transactional
def release_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Give back what the order holds or has got. Before it has asked: remember that nothing is to be held.

    What has left in a parcel stays sold.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        found = released_beforehand(order_id)
        stock.add(found, now=now)
    elif found.status is not ReservationStatus.RELEASED:
        found = _carry_out(found, found.released(), now)
    record([StockReleased(order_id=order_id)])
    return found


@transactional
def restock_return(*, order_id: UUID, return_id: UUID, lines: Lines, now: datetime) -> None:
    """Units of a return are for sale again, once. Raises ReservationUnknown and ReturnTooLarge."""
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if not Restock.objects.filter(id=return_id).exists():
        _remember_return(order_id, return_id, now)
        _carry_out(found, found.restocked(lines), now, return_id=return_id)
    record([StockRestocked(order_id=order_id, return_id=return_id)])


def expire_reservations(*, now: datetime, limit: int = 200) -> int:
    """Take back the holds that have run out, each in a transaction of its own; how many."""
    return sweep(
        "job.expire_reservations",
        due=lambda waiting: stock.due_order_ids(now=now, limit=limit, without=waiting),
        work=lambda order_id: _expire(order_id=order_id, now=now),
        now=now,
    )


@transactional
def adjust_stock(
    *, units: Mapping[str, int], note: str, actor: str, now: datetime, reason: Reason = Reason.ADJUSTED
) -> None:
    """Correct `on_hand` of each SKU by so many units, up or down: all or none.

    Raises StockNotMoved without a note, StockTooLow below what is held for orders or for an unknown SKU.
    """
    if not note.strip():
        raise StockNotMoved
    moves = [adjustment(sku, delta, reason=reason) for sku, delta in units.items()]
    stock.free_units(list(units))
    stock.move(moves, actor=actor, note=note.strip()[:200], now=now)


@transactional
def count_stock(*, units: Mapping[str, int], note: str, actor: str, now: datetime) -> None:
    """Somebody has counted the shelf: `on_hand` becomes what was counted, with the units of paid orders.

    Raises as `adjust_stock` does.
    """
    known = {sku: item.on_hand for sku, item in stock.locked_counters(list(units)).items()}
    deltas = {sku: count - known.get(sku, 0) for sku, count in units.items() if count != known.get(sku)}
    if deltas:
        adjust_stock(units=deltas, note=note, actor=actor, now=now, reason=Reason.IMPORTED)


@transactional
def _expire(*, order_id: UUID, now: datetime) -> bool:
    found = stock.locked_reservation(order_id)
    if found is None or not found.is_due(now):
        return False
    _carry_out(found, found.expired(), now)
    return True


def _carry_out(was: Reservation, change: Change, now: datetime, *, return_id: UUID | None = None) -> Reservation:
    stock.save(change.reservation, was=was, now=now)
    stock.move(change.moves, order_id=was.order_id, return_id=return_id, now=now)
    return change.reservation


def _remember_return(order_id: UUID, return_id: UUID, now: datetime) -> None:
    try:
        Restock(id=return_id, order_id=order_id, created_at=now).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"return {return_id} came twice at once") from error
