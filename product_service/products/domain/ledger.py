"""The movement ledger: each movement takes units from one account to another (double entry).

The counters of a stock item are its balances: `on_hand` is on the shelf, whoever it belongs to; of it, `reserved` is
held for unpaid orders, and `allocated` belongs to paid orders whose parcels have not left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chassis.core.errors import DomainError, Kind


class Account(StrEnum):
    """An account of the ledger."""

    OUTSIDE = "outside"  # suppliers, breakage, theft
    AVAILABLE = "available"  # on the shelf, free
    RESERVED = "reserved"  # on the shelf, held for an order
    ALLOCATED = "allocated"  # on the shelf, committed to a paid order
    SOLD = "sold"  # gone from the shelf in an order's parcel


class Reason(StrEnum):
    """The reason of a movement."""

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
    """Counters, ledger and reservations agree: there is nothing to repair."""

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
        """Return the units that can be sold."""
        return self.on_hand - self.reserved - self.allocated

    @classmethod
    def of(cls, balances: Mapping[Account, int]) -> Counters:
        """Return the counters for the balances of an item's accounts."""
        return cls(
            on_hand=sum(units for account, units in balances.items() if account in _ON_SHELF),
            reserved=balances.get(Account.RESERVED, 0),
            allocated=balances.get(Account.ALLOCATED, 0),
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A movement of `quantity` (> 0) units of `sku` from `source` to `target`."""

    sku: str
    quantity: int
    source: Account
    target: Account
    reason: Reason

    @property
    def change(self) -> Counters:
        """Return the change of each of the item's counters."""
        return Counters.of({self.target: self.quantity, self.source: -self.quantity})


def adjustment(sku: str, delta: int, *, reason: Reason) -> Move:
    """Return the movement of units from outside (delta > 0) or to it. Raises StockNotMoved for no units."""
    if delta == 0:
        raise StockNotMoved
    if delta > 0:
        return Move(sku, delta, Account.OUTSIDE, Account.AVAILABLE, reason)
    return Move(sku, -delta, Account.AVAILABLE, Account.OUTSIDE, reason)
