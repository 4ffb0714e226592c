"""The reservation of an order's stock. Pure: no Django, no I/O, no clock.

A repeated command gets the same reply as before and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.states import Transitions, moved
from products.domain.ledger import Account, Move, Reason
from products.events_out import Shortage, StockAllocated, StockRejected, StockReleased, StockReserved

Reply = StockReserved | StockRejected | StockAllocated | StockReleased


class ReservationStatus(StrEnum):
    RESERVED = "reserved"  # held until reserved_until
    ALLOCATED = "allocated"  # committed to the paid order; the units are still on the shelf
    DISPATCHED = "dispatched"  # the parcel has left with the units
    RELEASED = "released"  # given back, or never held because the order had ended before
    EXPIRED = "expired"  # the hold ran out; the units are free again
    REJECTED = "rejected"  # not enough units


#: The states that may follow each state. A new reservation is reserved, rejected or released.
TRANSITIONS: Transitions[ReservationStatus] = {
    ReservationStatus.RESERVED: frozenset(
        {
            ReservationStatus.ALLOCATED,
            ReservationStatus.RELEASED,
            ReservationStatus.EXPIRED,
            ReservationStatus.DISPATCHED,  # the parcel's message arrived before the allocation
        }
    ),
    ReservationStatus.ALLOCATED: frozenset({ReservationStatus.RELEASED, ReservationStatus.DISPATCHED}),
    ReservationStatus.DISPATCHED: frozenset(),
    ReservationStatus.EXPIRED: frozenset(
        {
            ReservationStatus.RESERVED,  # requested again, and there is stock
            ReservationStatus.ALLOCATED,  # a late payment, and there is stock
            ReservationStatus.REJECTED,  # either of these, and there is no stock
            ReservationStatus.RELEASED,
            ReservationStatus.DISPATCHED,  # the parcel's message arrived before the allocation
        }
    ),
    ReservationStatus.REJECTED: frozenset({ReservationStatus.RELEASED}),
    ReservationStatus.RELEASED: frozenset({ReservationStatus.DISPATCHED}),  # the parcel left all the same
}

#: The account that holds a reservation's units, by state; in any other state they are free.
_ACCOUNTS: Mapping[ReservationStatus, Account] = {
    ReservationStatus.RESERVED: Account.RESERVED,
    ReservationStatus.ALLOCATED: Account.ALLOCATED,
    ReservationStatus.DISPATCHED: Account.SOLD,
}

LONGEST_HOLD = timedelta(days=7)
MOST_UNITS = 1_000_000


class LinesNotReservable(DomainError):
    """A reservation needs lines, each of at least one unit, and a hold of a second to a week."""

    code = "lines_not_reservable"


class ReservationUnknown(DomainError):
    """There is no reservation for this order (yet)."""

    code, kind = "reservation_unknown", Kind.NOT_FOUND


class ReturnTooLarge(DomainError):
    """More units are returned than the order was sent."""

    code, kind = "return_too_large", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """A SKU and its units. `restocked`: the dispatched units that have been returned."""

    sku: str
    quantity: int
    restocked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The units held for one order. `shortages` are stored so that a rejection can be repeated."""

    order_id: UUID
    status: ReservationStatus
    lines: tuple[ReservedLine, ...] = ()
    reserved_until: datetime | None = None
    shortages: tuple[Shortage, ...] = ()

    @property
    def skus(self) -> list[str]:
        return [line.sku for line in self.lines]

    def is_due(self, now: datetime) -> bool:
        """Whether the hold has run out."""
        held = self.status is ReservationStatus.RESERVED
        return held and self.reserved_until is not None and self.reserved_until <= now

    def held_again(self, *, free: Mapping[str, int], until: datetime) -> Change:
        """Hold the units of an expired reservation again, or reject it if they are no longer free."""
        if shortages := shortages_of(self.lines, free):
            return Change(self._moved(ReservationStatus.REJECTED, shortages=shortages))
        return replace(self, reserved_until=until)._with_units(ReservationStatus.RESERVED, Reason.RESERVED)

    def allocated(self, *, free: Mapping[str, int]) -> Change:
        """Commit the units to the paid order. An expired reservation is rejected if they are no longer free."""
        if self.status is ReservationStatus.EXPIRED and (shortages := shortages_of(self.lines, free)):
            return Change(self._moved(ReservationStatus.REJECTED, shortages=shortages))
        return self._with_units(ReservationStatus.ALLOCATED, Reason.ALLOCATED)

    def dispatched(self) -> Change:
        """Take the units off the shelf: the parcel has left."""
        return self._with_units(ReservationStatus.DISPATCHED, Reason.DISPATCHED)

    def released(self) -> Change:
        """Give the units back. Dispatched units stay sold; only `restocked` brings them back."""
        if self.status is ReservationStatus.DISPATCHED:
            return Change(self)
        return self._with_units(ReservationStatus.RELEASED, Reason.RELEASED)

    def expired(self) -> Change:
        """Give the units back: the hold has run out."""
        return self._with_units(ReservationStatus.EXPIRED, Reason.EXPIRED)

    def restocked(self, returned: Iterable[tuple[str, int]]) -> Change:
        """Put returned units back on sale; an allocated reservation counts as dispatched. Raises ReturnTooLarge."""
        if self.status is ReservationStatus.ALLOCATED:
            dispatch = self.dispatched()
            restock = dispatch.reservation.restocked(returned)
            return replace(restock, moves=dispatch.moves + restock.moves)
        if self.status is not ReservationStatus.DISPATCHED:
            raise ReturnTooLarge
        units = merged(returned)
        lines = []
        for line in self.lines:
            restocked = line.restocked + units.pop(line.sku, 0)
            if restocked > line.quantity:
                raise ReturnTooLarge
            lines.append(replace(line, restocked=restocked))
        if units:
            raise ReturnTooLarge
        moves = (
            Move(new.sku, new.restocked - old.restocked, Account.SOLD, Account.AVAILABLE, Reason.RETURNED)
            for new, old in zip(lines, self.lines, strict=True)
            if new.restocked > old.restocked
        )
        return Change(replace(self, lines=tuple(lines)), tuple(moves))

    def reply(self) -> Reply:
        """Return the message that describes the current state. An expired hold still counts as reserved."""
        match self.status:
            case ReservationStatus.ALLOCATED | ReservationStatus.DISPATCHED:
                return StockAllocated(order_id=self.order_id)
            case ReservationStatus.RELEASED:
                return StockReleased(order_id=self.order_id)
            case ReservationStatus.REJECTED:
                return StockRejected(order_id=self.order_id, lines=list(self.shortages))
            case _:
                return self._reserved()

    def reply_to_reserve(self) -> Reply:
        """Return the same message, but StockReserved for what has been allocated since."""
        reply = self.reply()
        return self._reserved() if isinstance(reply, StockAllocated) else reply

    def _reserved(self) -> StockReserved:
        assert self.reserved_until is not None
        return StockReserved(order_id=self.order_id, reserved_until=self.reserved_until)

    def _with_units(self, status: ReservationStatus, reason: Reason) -> Change:
        """Change the state and move all units to the account of the new one."""
        source, target = (_ACCOUNTS.get(one, Account.AVAILABLE) for one in (self.status, status))
        return Change(self._moved(status), _moves(self.lines, source, target, reason) if source is not target else ())

    def _moved(self, status: ReservationStatus, *, shortages: tuple[Shortage, ...] = ()) -> Reservation:
        status = moved(TRANSITIONS, self.status, status, what="A reservation")
        return replace(self, status=status, shortages=shortages)


@dataclass(frozen=True, slots=True)
class Change:
    """The reservation after an operation, and the units that move."""

    reservation: Reservation
    moves: tuple[Move, ...] = ()


def new_reservation(
    order_id: UUID, lines: Iterable[tuple[str, int]], *, free: Mapping[str, int], until: datetime
) -> Change:
    """Reserve all lines until then, or reject the order with the shortages. `free`: units that nobody holds."""
    requested = tuple(ReservedLine(sku, quantity) for sku, quantity in merged(lines).items())
    if shortages := shortages_of(requested, free):
        rejected = ReservationStatus.REJECTED
        return Change(Reservation(order_id=order_id, status=rejected, lines=requested, shortages=shortages))
    reserved = Reservation(order_id=order_id, status=ReservationStatus.RESERVED, lines=requested, reserved_until=until)
    return Change(reserved, _moves(requested, Account.AVAILABLE, Account.RESERVED, Reason.RESERVED))


def released_reservation(order_id: UUID) -> Reservation:
    """Return an empty reservation for an order that ended before it requested stock: nothing will be held for it."""
    return Reservation(order_id=order_id, status=ReservationStatus.RELEASED)


def hold_until(now: datetime, hold_seconds: int) -> datetime:
    """Return when the hold ends. Raises LinesNotReservable unless it lasts from a second to a week."""
    if not 1 <= hold_seconds <= LONGEST_HOLD.total_seconds():
        raise LinesNotReservable
    return now + timedelta(seconds=hold_seconds)


def merged(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the units by SKU, in SKU order, which is the order of locking. Raises LinesNotReservable."""
    units: dict[str, int] = {}
    for sku, quantity in lines:
        if not 1 <= quantity <= MOST_UNITS:
            raise LinesNotReservable
        units[sku] = units.get(sku, 0) + quantity
    if not units:
        raise LinesNotReservable
    return dict(sorted(units.items()))


def shortages_of(lines: Iterable[ReservedLine], free: Mapping[str, int]) -> tuple[Shortage, ...]:
    """Return the lines with too few free units; an unknown SKU has none."""
    return tuple(
        Shortage(sku=line.sku, requested=line.quantity, available=free.get(line.sku, 0))
        for line in lines
        if line.quantity > free.get(line.sku, 0)
    )


def _moves(lines: Iterable[ReservedLine], source: Account, target: Account, reason: Reason) -> tuple[Move, ...]:
    return tuple(Move(line.sku, line.quantity, source, target, reason) for line in lines)
