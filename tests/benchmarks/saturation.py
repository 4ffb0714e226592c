"""The cost of an order at several rates and numbers of clients: where the system saturates."""

from __future__ import annotations

import time
from collections.abc import Callable

from run.system import System

from tests.benchmarks.figures import Figure, counted, percentile
from tests.benchmarks.load import closed_loop, paced
from tests.benchmarks.orders import MAILS_AN_ORDER, mail_count, seconds_to_confirm, wait_for_mails
from tests.benchmarks.processes import Meter
from tests.benchmarks.shop import Placed, Shop
from tests.benchmarks.workers import count

#: Orders per second, and simultaneous clients.
RATES, CLIENTS = (1, 5, 10, 20), (8, 32, 64)
#: Seconds of each rate; orders of each number of clients.
_SECONDS, _ORDERS = 8, 192

Load = Callable[[list[Callable[[int], None]]], list[float]]


def saturation(system: System, meter: Meter) -> list[Figure]:
    """Place orders at each rate and with each number of clients."""
    shop = Shop(system, buyers=max(CLIENTS))
    figures = [_rate(system, meter, shop, rate) for rate in RATES]
    shop.sign_in()
    return figures + [_clients(system, meter, shop, number) for number in CLIENTS]


def _rate(system: System, meter: Meter, shop: Shop, rate: int) -> Figure:
    orders = list(range(max(rate * _SECONDS, 10)))
    return _measured(
        system, meter, shop, f"at {rate} orders/s", len(orders), lambda clients: paced(orders, clients[:32], rate)
    )


def _clients(system: System, meter: Meter, shop: Shop, number: int) -> Figure:
    return _measured(
        system, meter, shop, f"{number} clients", _ORDERS, lambda clients: closed_loop(range(_ORDERS), clients[:number])
    )


def _measured(system: System, meter: Meter, shop: Shop, name: str, number: int, load: Load) -> Figure:
    placed: list[Placed] = []
    clients = shop.clients(placed, *shop.skus[:2])
    mails, before, began = mail_count(system), count(system), time.monotonic()
    with meter.measured() as spent:
        took = load(clients)
        placing = time.monotonic() - began
        wait_for_mails(system, mails + MAILS_AN_ORDER * number)
    waited, each = seconds_to_confirm(placed), spent.per(number)
    sizes = count(system).since(before)
    mean = sum(sizes.messages.values()) / max(1.0, sum(sizes.batches.values()))
    busy = counted(spent.cpu) / 10 / spent.seconds
    return Figure(
        name=f"an order, {name}",
        unit="CPU-ms",
        measured=counted(each),
        spent=each,
        background=meter.background(spent) / number,
        note=f"placed {number / placing:.1f} orders/s, p95 {percentile(took, 0.95):.0f} ms; confirmed p95 "
        f"{percentile(waited, 0.95):.2f} s; batch size {mean:.1f}; the system used {busy:.0f} % of one core",
    )
