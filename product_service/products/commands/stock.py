"""Stock commands: the commands of orders, corrections by staff, and expiry."""

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
    released_reservation,
)
from products.events_out import StockReleased, StockRestocked
from products.models import Restock
from products.repository import stock

Lines = Sequence[tuple[str, int]]


@transactional
def reserve_stock(*, order_id: UUID, lines: Lines, hold_seconds: int, now: datetime) -> Reservation:
    """Hold all lines for the order, or none, and reply with the result; a repeated command gets the same reply.

    Only an expired hold is held again. Raises LinesNotReservable.
    """
    until = hold_until(now, hold_seconds)
    found = stock.locked_reservation(order_id)
    if found is None:
        change = new_reservation(order_id, lines, free=stock.free_units(list(merged(lines))), until=until)
        stock.add(change.reservation, now=now)
        stock.move(change.moves, order_id=order_id, now=now)
        found = change.reservation
    elif found.status is ReservationStatus.EXPIRED:
        found = _apply(found, found.held_again(free=stock.free_units(found.skus), until=until), now)
    record([found.reply_to_reserve()])
    return found


@transactional
def allocate_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Commit the units held for the order. An expired hold is rejected if the units are no longer free.

    Raises ReservationUnknown, so that the inbox retries the message after the one that it has overtaken.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if found.status in {ReservationStatus.RESERVED, ReservationStatus.EXPIRED}:
        found = _apply(found, found.allocated(free=stock.free_units(found.skus)), now)
    record([found.reply()])
    return found


@transactional
def dispatch_stock(*, order_id: UUID, now: datetime) -> None:
    """Take the units of the order's parcel off the shelf, once.

    Raises ReservationUnknown, and StockTooLow if the units were released and have been sold again.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if found.status is not ReservationStatus.DISPATCHED:
        _apply(found, found.dispatched(), now)


@transactional
def release_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Give back the units held for or allocated to the order. Dispatched units stay sold.

    If the order has not reserved yet, store that nothing is to be held for it.
    """
    found = stock.locked_reservation(order_id)
    if found is None:
        found = released_reservation(order_id)
        stock.add(found, now=now)
    elif found.status is not ReservationStatus.RELEASED:
        found = _apply(found, found.released(), now)
    record([StockReleased(order_id=order_id)])
    return found


@transactional
def restock_return(*, order_id: UUID, return_id: UUID, lines: Lines, now: datetime) -> None:
    """Put the units of a return back on sale, once. Raises ReservationUnknown and ReturnTooLarge."""
    found = stock.locked_reservation(order_id)
    if found is None:
        raise ReservationUnknown
    if not Restock.objects.filter(id=return_id).exists():
        _store_return(order_id, return_id, now)
        _apply(found, found.restocked(lines), now, return_id=return_id)
    record([StockRestocked(order_id=order_id, return_id=return_id)])


def expire_reservations(*, now: datetime, limit: int = 200) -> int:
    """Expire the holds that have run out, each in its own transaction, and return their number."""
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
    """Change `on_hand` of each SKU by this many units, up or down: all or none.

    Raises StockNotMoved without a note, and StockTooLow if held units would be missing or the SKU is unknown.
    """
    if not note.strip():
        raise StockNotMoved
    moves = [adjustment(sku, delta, reason=reason) for sku, delta in units.items()]
    stock.free_units(list(units))
    stock.move(moves, actor=actor, note=note.strip()[:200], now=now)


@transactional
def count_stock(*, units: Mapping[str, int], note: str, actor: str, now: datetime) -> None:
    """Set `on_hand` to the units counted on the shelf, including those of paid orders.

    Raises the errors of `adjust_stock`.
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
    _apply(found, found.expired(), now)
    return True


def _apply(was: Reservation, change: Change, now: datetime, *, return_id: UUID | None = None) -> Reservation:
    stock.save(change.reservation, was=was, now=now)
    stock.move(change.moves, order_id=was.order_id, return_id=return_id, now=now)
    return change.reservation


def _store_return(order_id: UUID, return_id: UUID, now: datetime) -> None:
    try:
        Restock(id=return_id, order_id=order_id, created_at=now).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"return {return_id} came twice at once") from error
