"""Comparison of stock counters with the ledger, and repair of a SKU by staff."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from chassis.transactions import transactional, unit_of_work
from products.domain.ledger import Counters, StockAgrees, StockNotMoved
from products.models import StockItem, StockMovement, StockRepair
from products.repository import catalog, ledger, stock

log = structlog.get_logger(__name__)

#: Movements older than this are committed.
_SETTLED = timedelta(hours=1)


class LedgerMismatch(Exception):
    """Counters and ledger disagree, probably after manual changes. Repair the SKU, with a reason."""


def check_ledger() -> None:
    """Compare the counters of each SKU with all its movements. Raises LedgerMismatch, which names the SKUs."""
    _raise_mismatch([one["sku"] for one in stock.discrepancies()])


def check_recent_ledger(*, now: datetime) -> None:
    """Compare by the balances of the last check and the movements since. Raises LedgerMismatch."""
    _raise_mismatch([sku for sku in ledger.suspects(until=now - _SETTLED) if _differs(sku=sku, until=now - _SETTLED)])


@transactional
def mend_stock(*, sku: str, note: str, actor: str, now: datetime) -> Counters:
    """Set counters and ledger of a SKU to the units held for orders and the ledger's units on the shelf.

    Count the shelf afterwards with `count_stock`.
    Raises StockNotMoved without a note, and StockAgrees if nothing differs or the SKU does not exist.
    """
    if not note.strip():
        raise StockNotMoved
    was = stock.locked_counters([sku]).get(sku)
    current = ledger.balances(StockMovement.objects.filter(sku=sku)).get(sku, {})
    reserved, allocated = ledger.held_units(sku)
    on_hand = max(Counters.of(current).on_hand, reserved + allocated)
    wanted = Counters(on_hand, reserved, allocated)
    moves = ledger.mending_moves(sku, current, wanted)
    if was is None or (was == wanted and not moves):
        raise StockAgrees
    note = note.strip()[:200]
    stock.write_ledger(moves, now=now, actor=actor, note=note)
    item = StockItem.objects.filter(sku=sku)
    item.update(**wanted._asdict())
    unit_of_work().loaded.clear()
    StockRepair.objects.create(
        sku=sku, was=was._asdict(), became=wanted._asdict(), created_at=now, actor=actor, note=note
    )
    catalog.refresh(item.values_list("product_id", flat=True))
    log.warning("stock_mended", sku=sku, was=tuple(was), became=tuple(wanted), actor=actor)
    return wanted


@transactional
def _differs(*, sku: str, until: datetime) -> bool:
    """Compare again under the lock, with the whole ledger of the SKU."""
    counted = stock.locked_counters([sku])[sku]
    if Counters.of(ledger.balances(StockMovement.objects.filter(sku=sku)).get(sku, {})) != counted:
        return True
    ledger.settle(sku, until=until)
    return False


def _raise_mismatch(skus: list[str]) -> None:
    for sku in skus:
        log.error("stock_discrepancy", sku=sku)
    if skus:
        raise LedgerMismatch(f"{len(skus)} SKUs differ from their ledger: {', '.join(skus[:20])}")
