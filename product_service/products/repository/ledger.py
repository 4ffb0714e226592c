"""Balances of the movement ledger and of reservations, for comparison with the stock counters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from products.domain.ledger import Account, Counters, Move, Reason
from products.domain.reservation import ReservationStatus
from products.models import LedgerBalance, ReservationLine, StockItem, StockMovement

Balances = Mapping[Account, int]


def balances(movements: QuerySet[StockMovement]) -> dict[str, dict[Account, int]]:
    """Return the units that these movements have brought to each account, by SKU."""
    found: dict[str, dict[Account, int]] = {}
    for side, sign in (("target", 1), ("source", -1)):
        for sku, account, units in movements.values_list("sku", side).annotate(units=Sum("quantity")).order_by():
            of_sku = found.setdefault(sku, {})
            of_sku[Account(account)] = of_sku.get(Account(account), 0) + sign * units
    return found


def held_units(sku: str) -> tuple[int, int]:
    """Return (reserved, allocated) units of the SKU according to the reservations."""
    lines = ReservationLine.objects.filter(sku=sku)
    reserved = Sum("quantity", filter=Q(reservation__status=ReservationStatus.RESERVED), default=0)
    allocated = Sum("quantity", filter=Q(reservation__status=ReservationStatus.ALLOCATED), default=0)
    sums = lines.aggregate(reserved=reserved, allocated=allocated)
    return sums["reserved"], sums["allocated"]


def mending_moves(sku: str, current: Balances, wanted: Counters) -> list[Move]:
    """Return the moves that bring the ledger balances of a SKU to these counters."""
    goal = {
        Account.AVAILABLE: wanted.available,
        Account.RESERVED: wanted.reserved,
        Account.ALLOCATED: wanted.allocated,
    }
    moves = []
    for account, units in goal.items():
        missing = units - current.get(account, 0)
        ends = (Account.OUTSIDE, account) if missing > 0 else (account, Account.OUTSIDE)
        if missing:
            moves.append(Move(sku, abs(missing), *ends, Reason.MENDED))
    return moves


def suspects(*, until: datetime) -> list[str]:
    """Return the SKUs whose counters differ from the balances of the last check plus the movements since.

    A movement committed during this read makes a correct SKU a suspect, so check it again under its lock. The
    balances stored are those of `until`; the next check reads only later movements.
    """
    known = {row.sku: row for row in LedgerBalance.objects.all()}
    through = min((row.through for row in known.values()), default=None)
    movements = StockMovement.objects.filter(created_at__gt=through) if through else StockMovement.objects.all()
    since, settled = balances(movements), balances(movements.filter(created_at__lte=until))
    wrong, rows = [], []
    for sku, *units in StockItem.objects.values_list("sku", *Counters._fields):
        before = known[sku].by_account if sku in known else {}
        if Counters.of(_sum(before, since.get(sku, {}))) != Counters(*units):
            wrong.append(sku)
        after = _sum(before, settled.get(sku, {}))
        rows.append(LedgerBalance(sku=sku, through=until, balances={one.value: n for one, n in after.items()}))
    _save(rows)
    return wrong


def settle(sku: str, *, until: datetime) -> None:
    """Store the balances of the SKU from its whole ledger: a movement was committed after its time had been read."""
    whole = balances(StockMovement.objects.filter(sku=sku, created_at__lte=until)).get(sku, {})
    _save([LedgerBalance(sku=sku, through=until, balances={one.value: units for one, units in whole.items()})])


def _save(rows: list[LedgerBalance]) -> None:
    LedgerBalance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["through", "balances"],
        batch_size=500,
    )


def _sum(one: Balances, other: Balances) -> dict[Account, int]:
    return {account: one.get(account, 0) + other.get(account, 0) for account in Account}
