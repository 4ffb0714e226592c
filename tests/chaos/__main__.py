"""`make chaos ORDERS=1000`: kill every process and engine in turn during orders, then compare all records."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local"))

from rich.console import Console
from rich.table import Table
from run.addresses import Real
from run.layout import default_home, real_engines
from run.system import System

from tests.chaos.run import Outcome, chaos
from tests.faults.conftest import SETTINGS

_PORT_BASE = 27080


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: stop the system
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="the same seed tells the same stories")
    parser.add_argument("--port-base", type=int, default=_PORT_BASE)
    options = parser.parse_args()
    console, began = Console(highlight=False, soft_wrap=True), time.monotonic()
    engines = real_engines(default_home())
    if engines:
        Real(engines).empty()

    def tell(what: str, done: int, of: int) -> None:
        console.print(f"{time.monotonic() - began:>5.0f} s   {done:>4} of {of:<4} {what}")

    home = tempfile.mkdtemp(prefix="souk-chaos-")
    with System(home, options.port_base, SETTINGS, tell=console.print, engines=engines) as system:
        outcome = chaos(system, options.orders, seed=options.seed, tell=tell)
    show(outcome, console)
    if not outcome.good:
        console.print(f"Its data and logs stay in {home}")
        return 1
    shutil.rmtree(home)
    return 0


def show(outcome: Outcome, console: Console) -> None:
    killed = ", ".join(f"{name} {count}" for name, count in outcome.killed.items())
    told = ", ".join(f"{story} {count}" for story, count in outcome.stories.items())
    console.print(f"\nKilled: {killed}\nOrders: {told}\n")
    table = Table("", "looked at", "wrong", title="Afterwards", title_justify="left")
    for what, count, wrong in outcome.findings:
        table.add_row(what, str(count), f"[red]{len(wrong)}[/]" if wrong else "[green]0[/]")
    console.print(table)
    for _, _, wrong in outcome.findings:
        for each in wrong[:20]:
            console.print(f"  [red]✗[/] {each}")


if __name__ == "__main__":
    sys.exit(main())
