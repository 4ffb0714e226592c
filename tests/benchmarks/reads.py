"""Reads of the catalog, uncached and from the gateway's cache."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator

from run.system import System

from tests.benchmarks.figures import Figure, counted, percentile
from tests.benchmarks.load import Client, closed_loop, pipelined
from tests.benchmarks.processes import Meter

_CLIENTS = 2
_WARM_UP = 30
_WORDS = ("lamp", "blue", "cotton shirt", "chair", "wooden", "mug", "bag", "lmap", "oak", "lin")
_UNCACHED = "past the gateway's cache by a cookie"


def uncached_reads(system: System, meter: Meter, count: int) -> list[Figure]:
    listed = json.loads(Client(system.url("")).get("/api/v1/products/?page_size=100"))["results"]
    slugs = itertools.cycle([product["slug"] for product in listed])
    words = itertools.cycle(word.replace(" ", "+") for word in _WORDS)
    return [
        _read(system, meter, count, "list of 20 products", 4, lambda: "/api/v1/products/"),
        _read(system, meter, count, "product detail", 3, lambda: f"/api/v1/products/{next(slugs)}/"),
        _read(system, meter, count, "search", 5, lambda: f"/api/v1/products/search/?q={next(words)}"),
    ]


def _read(system: System, meter: Meter, count: int, name: str, target: float, path: Callable[[], str]) -> Figure:
    clients = [Client(system.url(""), cached=False).get for _ in range(_CLIENTS)]

    def paths(number: int) -> Iterator[str]:
        return (path() for _ in range(number))

    closed_loop(paths(_WARM_UP), clients)
    with meter.measured() as spent:
        took = closed_loop(paths(count), clients)
    each = spent.per(count)
    return Figure(
        name=name,
        unit="CPU-ms",
        measured=counted(each),
        target=target,
        spent=each,
        background=meter.background(spent) / count,
        note=f"{_UNCACHED}; p95 {percentile(took, 0.95):.0f} ms at {_CLIENTS} clients",
    )


def cached_reads(system: System, meter: Meter, seconds: float) -> list[Figure]:
    """Compare anonymous lists from nginx's cache with a file of the same bytes from the same nginx, in turn."""
    address = "/api/v1/products/?page_size=20"
    file = system.home.static / "benchmark.json"
    body = Client(system.url("")).get(address)
    file.write_bytes(body)
    sides = {"cached": system.url(address), "file": system.url("/static/benchmark.json?same=1")}
    rates: dict[str, list[float]] = {side: [] for side in sides}
    cpu = dict.fromkeys(sides, 0.0)
    try:
        for side in ["cached", "file"] * 4:
            with meter.measured() as spent:
                count, elapsed = pipelined(sides[side], seconds)
            rates[side].append(count / elapsed)
            cpu[side] += 1000 * spent.per(count)["gateway"] / 4
    finally:
        file.unlink()
    cached, static = max(rates["cached"]), max(rates["file"])
    return [
        Figure(
            name="cached list, of a static file's speed",
            unit="%",
            measured=100 * cached / static,
            target=90,
            at_least=True,
            note=f"{cached:,.0f} and {static:,.0f} requests/s, {len(body) / 1000:.1f} kB; "
            f"nginx spends {cpu['cached']:.0f} and {cpu['file']:.0f} CPU-µs on each",
        )
    ]
