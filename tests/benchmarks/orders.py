"""Checkout: the time to place an order, the time to its confirmation, and the cost of both."""

from __future__ import annotations

import time
from datetime import datetime

from run.shopper import until
from run.system import System

from tests.benchmarks.figures import Figure, counted, percentile
from tests.benchmarks.load import closed_loop, paced
from tests.benchmarks.processes import Meter
from tests.benchmarks.shop import BUYERS, Placed, Shop
from tests.books import books

#: Confirmed, dispatched, delivered.
_MAILS_AN_ORDER = 3
#: Orders per second of the steady run.
_PACE = 10
_LONGEST_SECONDS = 150.0


def place_orders(system: System, meter: Meter, shop: Shop, count: int) -> list[Figure]:
    """Let eight clients place orders: time to place, orders per second, CPU time up to the last mail."""
    warm: list[Placed] = []
    clients = shop.clients(warm, *shop.skus[:2])
    mails = mail_count(system)
    closed_loop(range(2 * BUYERS), clients)
    mails = _wait_for_mails(system, mails + _MAILS_AN_ORDER * len(warm))

    placed: list[Placed] = []
    clients = shop.clients(placed, *shop.skus[:2])
    with meter.measured() as spent:
        took = closed_loop(range(count), clients)
        _wait_for_mails(system, mails + _MAILS_AN_ORDER * count)
    each = spent.per(count)
    lines = [order.timeline() for order in placed]
    first, last = min(line["placed"] for line in lines), max(line["confirmed"] for line in lines)
    return [
        Figure(
            name=f"placing an order, p95 at {BUYERS} clients",
            unit="ms",
            measured=percentile(took, 0.95),
            target=100,
            note=f"median {percentile(took, 0.5):.0f} ms, while the sagas of the orders before are running",
        ),
        Figure(
            name="orders sustained",
            unit="orders/s",
            measured=count / (last - first).total_seconds(),
            target=25,
            at_least=True,
            note=f"{count} orders of two lines, from the first placed to the last confirmed",
        ),
        Figure(
            name="placing to the last mail, an order",
            unit="CPU-ms",
            measured=counted(each),
            target=50,
            spent=each,
            background=meter.background(spent) / count,
            note="about 30 messages, 7 webhooks and 3 mails; label, dispatch and delivery are in it",
        ),
    ]


def steady_orders(system: System, shop: Shop, count: int) -> list[Figure]:
    """Place orders at a moderate rate: the time until a customer has the confirmation."""
    placed: list[Placed] = []
    mails = mail_count(system)
    took = paced(list(range(count)), shop.clients(placed, *shop.skus[:2]), _PACE)
    _wait_for_mails(system, mails + _MAILS_AN_ORDER * count)
    waited = [_seconds(line["placed"], line["confirmed"]) for line in (order.timeline() for order in placed)]
    return [
        Figure(
            name="placed to confirmed, p95",
            unit="s",
            measured=percentile(waited, 0.95),
            target=1,
            note=f"at {_PACE} orders/s; median {percentile(waited, 0.5):.2f} s; "
            f"placing took p95 {percentile(took, 0.95):.0f} ms",
        )
    ]


def mail_count(system: System) -> int:
    """Return the number of mails in the sandbox mailbox."""
    return int(books(system, "mailbox")["totals"]["mails"])


def _wait_for_mails(system: System, wanted: int) -> int:
    """Wait for the mails. Raises AssertionError."""

    def come() -> int:
        time.sleep(0.5)
        present = mail_count(system)
        return present if present >= wanted else 0

    return int(until(come, seconds=_LONGEST_SECONDS, what=f"mail number {wanted}"))


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()
