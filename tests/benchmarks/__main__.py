"""`make bench`: measure a new or a running system, and print the figures beside their targets."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local"))

from rich.console import Console
from run.addresses import Real
from run.layout import default_home, real_engines
from run.system import System

from tests.benchmarks import report
from tests.benchmarks.figures import Figure
from tests.benchmarks.growth import growth
from tests.benchmarks.orders import place_orders, steady_orders
from tests.benchmarks.oversell import oversell_rounds
from tests.benchmarks.processes import Meter
from tests.benchmarks.reads import cached_reads, uncached_reads
from tests.benchmarks.resources import memory, resting, settle
from tests.benchmarks.saturation import saturation
from tests.benchmarks.shop import Shop

#: No rate limits, which would be measured instead of the system; a parcel takes a second and a half.
_SETTINGS = {"RATE_LIMIT": "off", "COURIER_STEP_SECONDS": "0.3"}
#: Below the ephemeral ports of Linux.
_PORT_BASE = 29080
_PARTS = ("resources", "reads", "cache", "orders", "oversell", "saturation")
#: Measured without a system, and only when it is asked for alone.
_GROWTH = "growth"
#: Not in a whole run, for its length.
_ON_REQUEST = {"saturation"}


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: stop the system
    options = _options()
    console = Console()
    if options.only == [_GROWTH]:
        engines = real_engines(default_home())
        report.show(console, list(growth(options.rows, engines, console.print)), "real" if engines else "embedded")
        return 0
    with _system(options, console) as system:
        began = time.monotonic()
        figures = list(_measured(system, options, console))
    on = "real" if system.settings.engines else "embedded"
    report.show(console, figures, on)
    console.print(f"{report.write_json(figures, on)}, after {time.monotonic() - began:.0f} s")
    if options.write:
        console.print(report.write_document(figures, on))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer operations: coarser figures in a minute")
    parser.add_argument("--only", action="append", choices=(*_PARTS, _GROWTH), help="only this part (may be repeated)")
    parser.add_argument("--home", type=Path, help="measure the system that runs in this folder (needs RATE_LIMIT=off)")
    parser.add_argument("--port-base", type=int, default=_PORT_BASE, help="for the system that is started")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--rows", type=int, default=100_000, help="of the growth part: products, and orders")
    return parser.parse_args()


@contextmanager
def _system(options: argparse.Namespace, console: Console) -> Iterator[System]:
    if options.home:
        yield System.remembered(options.home)
        return
    home = tempfile.mkdtemp(prefix="souk-bench-")
    engines = real_engines(default_home())
    if engines:
        Real(engines).empty()
    with System(home, options.port_base, _SETTINGS, tell=console.print, engines=engines) as system:
        try:
            yield system
        except BaseException:
            console.print(f"[red]Not finished.[/] Its data and logs stay in {home}")
            raise
    shutil.rmtree(home)


def _measured(system: System, options: argparse.Namespace, console: Console) -> Iterator[Figure]:
    parts = options.only or [part for part in _PARTS if part not in _ON_REQUEST]
    few = options.quick
    meter = Meter(system)
    console.print("Waiting until it is at rest")
    settle(meter)
    console.print("Measuring at rest")
    yield from resting(meter, 8 if few else 20)
    if "resources" in parts:
        yield from memory(meter, "at rest")
    if "reads" in parts:
        console.print("Measuring reads")
        yield from uncached_reads(system, meter, 150 if few else 600)
    if "cache" in parts:
        console.print("Measuring the gateway's cache")
        yield from cached_reads(system, meter, 0.7 if few else 2)
    if "saturation" in parts:
        console.print("Measuring orders at several rates")
        yield from saturation(system, meter)
    if not {"orders", "oversell"} & set(parts):
        return
    console.print("Signing buyers in")
    shop = Shop(system)
    if "orders" in parts:
        console.print("Measuring orders")
        yield from place_orders(system, meter, shop, 48 if few else 240)
        yield from steady_orders(system, shop, 30 if few else 100)
    if "oversell" in parts:
        console.print("Measuring oversell rounds")
        shop.sign_in()
        yield from oversell_rounds(system, shop, rounds=2 if few else 4, buyers=40, units=8)
    if "resources" in parts:
        yield from memory(meter, "after the load")


if __name__ == "__main__":
    sys.exit(main())
