"""The idle system's CPU and memory."""

from __future__ import annotations

import time

from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import Meter, idle_rate

#: Seconds of one measurement of the load, and the longest wait.
_LOOK, _LONGEST = 3.0, 90.0


def settle(meter: Meter) -> None:
    """Wait until the work of a start (such as sending the catalog to four services) is done and the load is stable."""
    deadline, before = time.monotonic() + _LONGEST, float("inf")
    while time.monotonic() < deadline:
        with meter.measured() as spent:
            time.sleep(_LOOK)
        rate = idle_rate(spent)
        if rate > 0.8 * before:
            return
        before = rate


def resting(meter: Meter, seconds: float) -> list[Figure]:
    """Measure memory, and CPU over so many seconds, and store the idle rate in the meter."""
    with meter.measured() as spent:
        time.sleep(seconds)
    meter.idle = idle_rate(spent)
    # CPU-milliseconds per second, as percent of one core.
    shares = {role: value / seconds / 10 for role, value in spent.cpu.items() if value}
    return [
        Figure(
            name="idle CPU, of one core",
            unit="%",
            measured=meter.idle / 10,
            target=10,
            spent=shares,
            note=f"over {seconds:.0f} s: beat ticks, relays that look once a second, health",
        )
    ]


def memory(meter: Meter, when: str) -> list[Figure]:
    shares = meter.memory()
    shares["sandbox providers"] = shares.pop("sandbox", 0.0)  # counted here
    engines = {role: shares.pop(role) for role in meter.engines}
    figures = [
        Figure(
            name=f"memory of all processes, {when}",
            unit="MB PSS",
            measured=sum(shares.values()),
            target=1200,
            spent=shares,
            note=f"{meter.count} processes; shared pages are shared out",
        )
    ]
    if engines:
        name = f"memory of the engines, {when}"
        figures.append(Figure(name=name, unit="MB PSS", measured=sum(engines.values()), spent=engines))
    return figures
