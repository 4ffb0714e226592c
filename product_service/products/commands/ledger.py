"""Do the counters say what the ledger says? And what a person does when they do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from chassis.transactions import transactional
from products.domain.ledger import Counters, StockAgrees, StockNotMoved
from products.models import StockItem, StockMovement, StockRepair
from products.repository import catalogue, ledger, stock

log = structlog.get_logger(__name__)

#: A movement is committed by then.
_SETTLED = timedelta(hours=1)


class LedgerMismatch(Exception):
    """Counters and ledger disagree: somebody has written to the tables by hand. Mend the SKU, with a reason."""


def check_ledger() -> None:
    """Compare each item's counters with the sum of all its movements. Raises LedgerMismatch, which names them."""
    _complain([one["sku"] for one in stock.discrepancies()])


def check_recent_ledger(*, now: datetime) -> None:
    """The same by the balances of the last check and what has moved since. Raises LedgerMismatch."""
    _complain([sku for sku in ledger.suspects(until=now - _SETTLED) if _differs(sku=sku, until=now - _SETTLED)])


@transactional
def mend_stock(*, sku: str, note: str, actor: str, now: datetime) -> Counters:
    """Set counters and ledger of a SKU to what orders hold and the ledger has on the shelf, for a reason.

    What is really on the shelf is counted afterwards, by `count_stock`.
    Raises StockNotMoved without a note, and StockAgrees when there is nothing to mend or no such SKU.
    """
    if not note.strip():
        raise StockNotMoved
    was = stock.locked_counters([sku]).get(sku)
    there = ledger.balances(StockMovement.objects.filter(sku=sku)).get(sku, {})
    reserved, allocated = ledger.promised(sku)
    on_hand = max(Counters.of(there).on_hand, reserved + allocated)
    wanted = Counters(on_hand, reserved, allocated)
    moves = ledger.mending_moves(sku, there, wanted)
    if was is None or (was == wanted and not moves):
        raise StockAgrees
    about = {"actor": actor, "note": note.strip()[:200]}
    stock.write_ledger(moves, now=now, **about)
    item = StockItem.objects.filter(sku=sku)
    item.update(**wanted._asdict())
    StockRepair.objects.create(sku=sku, was=was._asdict(), became=wanted._asdict(), created_at=now, **about)
    catalogue.refresh(item.values_list("product_id", flat=True))
    log.warning("stock_mended", sku=sku, was=tuple(was), became=tuple(wanted), actor=actor)
    return wanted


@transactional
def _differs(*, sku: str, until: datetime) -> bool:
    """Look again, under the lock and at the whole ledger of the SKU."""
    counted = stock.locked_counters([sku])[sku]
    if Counters.of(ledger.balances(StockMovement.objects.filter(sku=sku)).get(sku, {})) != counted:
        return True
    ledger.settle(sku, until=until)
    return False


def _complain(skus: list[str]) -> None:
    for sku in skus:
        log.error("stock_discrepancy", sku=sku)
    if skus:
        raise LedgerMismatch(f"{len(skus)} SKUs differ from their ledger: {', '.join(skus[:20])}")
