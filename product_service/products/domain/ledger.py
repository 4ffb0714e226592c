"""The movement ledger: units go from one account to another, and none comes from nowhere.

A stock item's counters are two balances of it: `on_hand` is what lies on our shelves (available and
reserved), `reserved` the part that is held for orders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import DomainError, Kind


class Account(StrEnum):
    """Where units are."""

    OUTSIDE = "outside"  # suppliers, breakage, theft: whatever is not our stock
    AVAILABLE = "available"  # on the shelf, free
    RESERVED = "reserved"  # on the shelf, held for an order
    SOLD = "sold"  # allocated to an order, gone from the shelf


class Reason(StrEnum):
    """Why units moved."""

    ADJUSTED = "adjusted"
    IMPORTED = "imported"
    RESERVED = "reserved"
    EXPIRED = "expired"
    RELEASED = "released"
    ALLOCATED = "allocated"
    RETURNED = "returned"


class StockTooLow(DomainError):
    """There are not that many free units; some are held for orders."""

    code, kind = "stock_too_low", Kind.CONFLICT


class StockNotMoved(DomainError):
    """A stock adjustment must change something and say why."""

    code = "stock_not_moved"


_ON_SHELF = {Account.AVAILABLE, Account.RESERVED}


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` (> 0) units of `sku` go from `source` to `target`."""

    sku: str
    quantity: int
    source: Account
    target: Account
    reason: Reason

    @property
    def on_hand(self) -> int:
        """By how much the item's `on_hand` changes."""
        return self.quantity * ((self.target in _ON_SHELF) - (self.source in _ON_SHELF))

    @property
    def reserved(self) -> int:
        """By how much the item's `reserved` changes."""
        return self.quantity * ((self.target is Account.RESERVED) - (self.source is Account.RESERVED))


def adjustment(sku: str, delta: int, *, reason: Reason) -> Move:
    """Units that came from outside (delta > 0) or went there."""
    if delta == 0:
        raise StockNotMoved
    if delta > 0:
        return Move(sku, delta, Account.OUTSIDE, Account.AVAILABLE, reason)
    return Move(sku, -delta, Account.AVAILABLE, Account.OUTSIDE, reason)


def counters(balances: Iterable[tuple[Account, int]]) -> tuple[int, int]:
    """(on_hand, reserved) as the balances of an item's accounts say."""
    by_account = dict(balances)
    reserved = by_account.get(Account.RESERVED, 0)
    return by_account.get(Account.AVAILABLE, 0) + reserved, reserved
