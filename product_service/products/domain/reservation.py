"""The life of an order's reservation. Pure: no Django, no I/O, no clock.

A question that is repeated gets the answer that it got before, and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from products.domain.ledger import Account, Move, Reason
from products.events_out import Shortage, StockAllocated, StockRejected, StockReleased, StockReserved

Answer = StockReserved | StockRejected | StockAllocated | StockReleased


class ReservationStatus(StrEnum):
    RESERVED = "reserved"  # held until reserved_until
    ALLOCATED = "allocated"  # committed to the paid order; the units are still on the shelf
    DISPATCHED = "dispatched"  # the parcel has left, and the units with it
    RELEASED = "released"  # given back, or never taken because the order was over before
    EXPIRED = "expired"  # the hold ran out; the units are free again
    REJECTED = "rejected"  # not enough units


#: The whole life of a reservation. What is not listed here is illegal.
TRANSITIONS: Mapping[ReservationStatus, frozenset[ReservationStatus]] = {
    ReservationStatus.RESERVED: frozenset(
        {
            ReservationStatus.ALLOCATED,
            ReservationStatus.RELEASED,
            ReservationStatus.EXPIRED,
            ReservationStatus.DISPATCHED,  # the message of the parcel has overtaken the allocation
        }
    ),
    ReservationStatus.ALLOCATED: frozenset({ReservationStatus.RELEASED, ReservationStatus.DISPATCHED}),
    ReservationStatus.DISPATCHED: frozenset(),
    ReservationStatus.EXPIRED: frozenset(
        {
            ReservationStatus.RESERVED,  # asked again, and there is stock
            ReservationStatus.ALLOCATED,  # the payment came late, and there is stock
            ReservationStatus.REJECTED,  # the same, and there is none
            ReservationStatus.RELEASED,
            ReservationStatus.DISPATCHED,  # the message of the parcel has overtaken the allocation
        }
    ),
    ReservationStatus.REJECTED: frozenset({ReservationStatus.RELEASED}),
    ReservationStatus.RELEASED: frozenset({ReservationStatus.DISPATCHED}),  # the parcel left in spite of it
}

#: Where the units of a reservation are, by its state; where it names none, they are free.
_ACCOUNTS: Mapping[ReservationStatus, Account] = {
    ReservationStatus.RESERVED: Account.RESERVED,
    ReservationStatus.ALLOCATED: Account.ALLOCATED,
    ReservationStatus.DISPATCHED: Account.SOLD,
}

LONGEST_HOLD = timedelta(days=7)
MOST_UNITS = 1_000_000


class IllegalTransition(DomainError):
    """A reservation cannot go from this state to that one."""

    code, kind = "reservation_transition_illegal", Kind.CONFLICT


class LinesNotReservable(DomainError):
    """A reservation needs lines, each of at least one unit, and a hold of a second to a week."""

    code = "lines_not_reservable"


class ReservationUnknown(DomainError):
    """No reservation of this order is known (yet)."""

    code, kind = "reservation_unknown", Kind.NOT_FOUND


class ReturnTooLarge(DomainError):
    """More units come back than the order has got."""

    code, kind = "return_too_large", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """`restocked`: how many of the dispatched units have come back."""

    sku: str
    quantity: int
    restocked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one order holds. `shortages` are remembered so that a rejection can be repeated."""

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
        """An expired hold that was asked for again."""
        return _hold(self, free=free, until=until)

    def allocated(self, *, free: Mapping[str, int]) -> Change:
        """Committed to the paid order. After the hold has expired: when there is (still) stock, else rejected."""
        if self.status is ReservationStatus.EXPIRED and (shortages := shortages_of(self.lines, free)):
            return Change(self._become(ReservationStatus.REJECTED, shortages=shortages))
        return self._to(ReservationStatus.ALLOCATED, Reason.ALLOCATED)

    def dispatched(self) -> Change:
        """The parcel has left, and the units with it, whatever the order was told before."""
        return self._to(ReservationStatus.DISPATCHED, Reason.DISPATCHED)

    def released(self) -> Change:
        """Given back. What has left in a parcel stays sold: it comes back by `restocked`, or not at all."""
        if self.status is ReservationStatus.DISPATCHED:
            return Change(self)
        return self._to(ReservationStatus.RELEASED, Reason.RELEASED)

    def expired(self) -> Change:
        return self._to(ReservationStatus.EXPIRED, Reason.EXPIRED)

    def restocked(self, returned: Iterable[tuple[str, int]]) -> Change:
        """Units that came back are for sale again; they tell that the parcel had left. Raises ReturnTooLarge."""
        if self.status is ReservationStatus.ALLOCATED:
            gone = self.dispatched()
            back_again = gone.reservation.restocked(returned)
            return replace(back_again, moves=gone.moves + back_again.moves)
        if self.status is not ReservationStatus.DISPATCHED:
            raise ReturnTooLarge
        back = merged(returned)
        lines = []
        for line in self.lines:
            sent_back = back.pop(line.sku, 0)
            if line.restocked + sent_back > line.quantity:
                raise ReturnTooLarge
            lines.append(replace(line, restocked=line.restocked + sent_back))
        if back:
            raise ReturnTooLarge
        moves = (
            Move(new.sku, new.restocked - old.restocked, Account.SOLD, Account.AVAILABLE, Reason.RETURNED)
            for new, old in zip(lines, self.lines, strict=True)
            if new.restocked > old.restocked
        )
        return Change(replace(self, lines=tuple(lines)), tuple(moves))

    def answer(self) -> Answer:
        """What the order is told about the present state. Nobody is told of an expired hold: see `allocated`."""
        match self.status:
            case ReservationStatus.ALLOCATED | ReservationStatus.DISPATCHED:
                return StockAllocated(order_id=self.order_id)
            case ReservationStatus.RELEASED:
                return StockReleased(order_id=self.order_id)
            case ReservationStatus.REJECTED:
                return StockRejected(order_id=self.order_id, lines=list(self.shortages))
            case _:
                return self._reserved()

    def answer_to_reserve(self) -> Answer:
        """The same, but what was allocated since has been reserved before."""
        answer = self.answer()
        return self._reserved() if isinstance(answer, StockAllocated) else answer

    def _reserved(self) -> StockReserved:
        assert self.reserved_until is not None
        return StockReserved(order_id=self.order_id, reserved_until=self.reserved_until)

    def _to(self, status: ReservationStatus, reason: Reason) -> Change:
        """All units go to where they are in this state."""
        source, target = (_ACCOUNTS.get(one, Account.AVAILABLE) for one in (self.status, status))
        moves = (Move(line.sku, line.quantity, source, target, reason) for line in self.lines)
        return Change(self._become(status), tuple(moves) if source is not target else ())

    def _become(self, status: ReservationStatus, *, shortages: tuple[Shortage, ...] = ()) -> Reservation:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"A reservation cannot go from {self.status} to {status}.")
        return replace(self, status=status, shortages=shortages)


@dataclass(frozen=True, slots=True)
class Change:
    """The reservation afterwards, and the units that move for it."""

    reservation: Reservation
    moves: tuple[Move, ...] = ()


def new_reservation(
    order_id: UUID, lines: Iterable[tuple[str, int]], *, free: Mapping[str, int], until: datetime
) -> Change:
    """All lines or none: held until then, or rejected with what is short. `free`: units that nobody holds."""
    asked = tuple(ReservedLine(sku, quantity) for sku, quantity in merged(lines).items())
    unborn = Reservation(order_id=order_id, status=ReservationStatus.EXPIRED, lines=asked)
    return _hold(unborn, free=free, until=until)


def released_beforehand(order_id: UUID) -> Reservation:
    """The order is over before it asked for anything: nothing will be held for it."""
    return Reservation(order_id=order_id, status=ReservationStatus.RELEASED)


def hold_until(now: datetime, hold_seconds: int) -> datetime:
    """Raises LinesNotReservable for a hold that makes no sense."""
    if not 1 <= hold_seconds <= LONGEST_HOLD.total_seconds():
        raise LinesNotReservable
    return now + timedelta(seconds=hold_seconds)


def merged(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units by SKU, in SKU order: the order in which rows are locked. Raises LinesNotReservable."""
    units: dict[str, int] = {}
    for sku, quantity in lines:
        if not 1 <= quantity <= MOST_UNITS:
            raise LinesNotReservable
        units[sku] = units.get(sku, 0) + quantity
    if not units:
        raise LinesNotReservable
    return dict(sorted(units.items()))


def shortages_of(lines: Iterable[ReservedLine], free: Mapping[str, int]) -> tuple[Shortage, ...]:
    """The lines that cannot be had in full; an unknown SKU has no units."""
    return tuple(
        Shortage(sku=line.sku, requested=line.quantity, available=free.get(line.sku, 0))
        for line in lines
        if line.quantity > free.get(line.sku, 0)
    )


def _hold(reservation: Reservation, *, free: Mapping[str, int], until: datetime) -> Change:
    if shortages := shortages_of(reservation.lines, free):
        return Change(reservation._become(ReservationStatus.REJECTED, shortages=shortages))
    change = reservation._to(ReservationStatus.RESERVED, Reason.RESERVED)
    return replace(change, reservation=replace(change.reservation, reserved_until=until))
