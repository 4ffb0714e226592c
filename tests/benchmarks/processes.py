"""CPU time and memory of a system's processes, by role. The load generator is none of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from run.system import System

from tests.benchmarks.figures import counted

_MEGABYTE = 1_000_000


@dataclass
class Spent:
    """Filled when its `with` block ends. CPU-milliseconds by role."""

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def per(self, operations: int) -> dict[str, float]:
        return {role: value / operations for role, value in self.cpu.items() if value}


class Meter:
    """Reads what the kernel has counted for each process of the system and its children."""

    def __init__(self, system: System) -> None:
        self._roles: dict[str, list[psutil.Process]] = {}
        for name, facts in system.supervisor.states().items():
            process = psutil.Process(int(facts["pid"]))
            self._roles[name] = [process, *process.children(recursive=True)]
        self._roles["supervisor"] = [psutil.Process(system.supervisor.pid)]
        #: CPU-milliseconds a second of the whole idle system; see `resources`.
        self.idle = 0.0

    @property
    def count(self) -> int:
        return sum(len(members) for members in self._roles.values())

    def memory(self) -> dict[str, float]:
        """Megabytes of proportional set size: shared pages are shared out."""
        return {
            role: sum(process.memory_full_info().pss for process in members) / _MEGABYTE
            for role, members in self._roles.items()
        }

    @contextmanager
    def measured(self) -> Iterator[Spent]:
        spent = Spent()
        before, began = self._cpu(), time.monotonic()
        yield spent
        spent.seconds = time.monotonic() - began
        spent.cpu = {role: value - before[role] for role, value in self._cpu().items()}

    def background(self, spent: Spent) -> float:
        """CPU-milliseconds that an idle system would have spent in the same time."""
        return self.idle * spent.seconds

    def _cpu(self) -> Mapping[str, float]:
        times = {role: [process.cpu_times() for process in members] for role, members in self._roles.items()}
        return {role: 1000 * sum(each.user + each.system for each in members) for role, members in times.items()}


def idle_rate(spent: Spent) -> float:
    """CPU-milliseconds a second, all together."""
    return counted(spent.cpu) / spent.seconds
