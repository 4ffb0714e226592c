"""Checkout: the time to place an order, the time to its confirmation, and the cost of both."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from run.shopper import until
from run.system import System

from tests.benchmarks.figures import APART, Figure, counted, percentile
from tests.benchmarks.load import closed_loop, paced
from tests.benchmarks.processes import Meter
from tests.benchmarks.shop import BUYERS, Placed, Shop
from tests.benchmarks.workers import Counted, count
from tests.books import books

#: Confirmed, dispatched, delivered.
MAILS_AN_ORDER = 3
#: Orders per second of the steady run.
_PACE = 10
_LONGEST_SECONDS = 150.0


def place_orders(system: System, meter: Meter, shop: Shop, number: int) -> list[Figure]:
    """Let eight clients place orders: time to place, orders per second, CPU time up to the last mail."""
    warm: list[Placed] = []
    clients = shop.clients(warm, *shop.skus[:2])
    mails = mail_count(system)
    closed_loop(range(2 * BUYERS), clients)
    mails = wait_for_mails(system, mails + MAILS_AN_ORDER * len(warm))

    placed: list[Placed] = []
    clients = shop.clients(placed, *shop.skus[:2])
    before = count(system)
    with meter.measured() as spent:
        took = closed_loop(range(number), clients)
        wait_for_mails(system, mails + MAILS_AN_ORDER * number)
    counted_by_workers = count(system).since(before)
    each = spent.per(number)
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
            measured=number / (last - first).total_seconds(),
            target=25,
            at_least=True,
            note=f"{number} orders of two lines, from the first placed to the last confirmed",
        ),
        Figure(
            name="placing to the last mail, an order",
            unit="CPU-ms",
            measured=counted(each),
            target=50,
            spent=each,
            background=meter.background(spent) / number,
            note=f"{sum(counted_by_workers.messages.values()) / number:.1f} messages handled, webhooks and 3 mails; "
            "label, dispatch and delivery are in it",
        ),
        *_inside(counted_by_workers, each, number),
    ]


def _inside(counted_by_workers: Counted, each: Mapping[str, float], number: int) -> list[Figure]:
    """Return what an order costs by kind of work, and how many messages the services handle together."""
    messages = {service: value / number for service, value in counted_by_workers.messages.items() if value}
    sizes = ", ".join(f"{service} {size:.1f}" for service, size in counted_by_workers.batch_sizes.items())
    return [
        Figure(
            name="the same by kind of work",
            unit="CPU-ms",
            measured=counted(each),
            spent=_by_kind(counted_by_workers, each, number),
            note="inbox: all but the handlers; rest: the client of the broker, Celery, hints, metrics",
        ),
        Figure(
            name="messages an order, handled",
            unit="",
            measured=sum(messages.values()),
            spent=messages,
            note=f"batch size: {sizes}",
        ),
    ]


def _by_kind(counted_by_workers: Counted, each: Mapping[str, float], number: int) -> dict[str, float]:
    parts = {part: value / number for part, value in counted_by_workers.cpu.items()}
    handlers = parts.get("handlers", 0.0)
    workers = sum(value for role, value in each.items() if role.endswith("-worker"))
    inside = {
        "relay": parts.get("relay", 0.0),
        "inbox": parts.get("inbox", 0.0) - handlers,
        "handlers": handlers,
        "providers and mails": parts.get("work", 0.0),
        "jobs": parts.get("jobs", 0.0),
    }
    others = {role: value for role, value in each.items() if not role.endswith(("-worker", "-web")) or role in APART}
    return {
        "web": sum(value for role, value in each.items() if role.endswith("-web")),
        **inside,
        "rest of the workers": workers - sum(inside.values()),
        **others,
    }


def steady_orders(system: System, shop: Shop, number: int) -> list[Figure]:
    """Place orders at a moderate rate: the time until a customer has the confirmation."""
    placed: list[Placed] = []
    mails = mail_count(system)
    took = paced(list(range(number)), shop.clients(placed, *shop.skus[:2]), _PACE)
    wait_for_mails(system, mails + MAILS_AN_ORDER * number)
    waited = seconds_to_confirm(placed)
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


def wait_for_mails(system: System, wanted: int) -> int:
    """Wait for the mails. Raises AssertionError."""

    def come() -> int:
        time.sleep(0.5)
        present = mail_count(system)
        return present if present >= wanted else 0

    return int(until(come, seconds=_LONGEST_SECONDS, what=f"mail number {wanted}"))


def seconds_to_confirm(placed: Sequence[Placed]) -> list[float]:
    """Return the seconds from placing to confirmation of each order."""
    lines = [order.timeline() for order in placed]
    return [(line["confirmed"] - line["placed"]).total_seconds() for line in lines]
