"""The movement ledger: units go from one account to another, and none comes from nowhere.

A stock item's counters are balances of it: `on_hand` is what lies on the shelf, whoever it belongs to; `reserved` is
the part that is held for orders which are not paid, `allocated` the part of paid orders whose parcels have not left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chassis.core.errors import DomainError, Kind


class Account(StrEnum):
    """Where units are."""

    OUTSIDE = "outside"  # suppliers, breakage, theft: whatever is not our stock
    AVAILABLE = "available"  # on the shelf, free
    RESERVED = "reserved"  # on the shelf, held for an order
    ALLOCATED = "allocated"  # on the shelf, committed to a paid order
    SOLD = "sold"  # gone from the shelf in an order's parcel


class Reason(StrEnum):
    """Why units moved."""

    ADJUSTED = "adjusted"
    IMPORTED = "imported"
    RESERVED = "reserved"
    EXPIRED = "expired"
    RELEASED = "released"
    ALLOCATED = "allocated"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    MENDED = "mended"


class StockTooLow(DomainError):
    """There are not that many free units; some are held for orders."""

    code, kind = "stock_too_low", Kind.CONFLICT


class StockAgrees(DomainError):
    """Counters, ledger and reservations agree: there is nothing to mend."""

    code, kind = "stock_agrees", Kind.CONFLICT


class StockNotMoved(DomainError):
    """A stock adjustment must change something and say why."""

    code = "stock_not_moved"


_ON_SHELF = {Account.AVAILABLE, Account.RESERVED, Account.ALLOCATED}


class Counters(NamedTuple):
    """The units of a stock item."""

    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0

    @property
    def available(self) -> int:
        """Units that can be sold."""
        return self.on_hand - self.reserved - self.allocated

    @classmethod
    def of(cls, balances: Mapping[Account, int]) -> Counters:
        """The counters that the balances of an item's accounts amount to."""
        return cls(
            on_hand=sum(units for account, units in balances.items() if account in _ON_SHELF),
            reserved=balances.get(Account.RESERVED, 0),
            allocated=balances.get(Account.ALLOCATED, 0),
        )


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` (> 0) units of `sku` go from `source` to `target`."""

    sku: str
    quantity: int
    source: Account
    target: Account
    reason: Reason

    @property
    def change(self) -> Counters:
        """By how much each of the item's counters changes."""
        return Counters.of({self.target: self.quantity, self.source: -self.quantity})


def adjustment(sku: str, delta: int, *, reason: Reason) -> Move:
    """Units that came from outside (delta > 0) or went there."""
    if delta == 0:
        raise StockNotMoved
    if delta > 0:
        return Move(sku, delta, Account.OUTSIDE, Account.AVAILABLE, reason)
    return Move(sku, -delta, Account.AVAILABLE, Account.OUTSIDE, reason)
