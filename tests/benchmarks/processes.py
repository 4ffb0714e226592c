"""CPU time and memory of a system's processes by role, without the load generator."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil
from run.addresses import ENGINES, Real
from run.system import System

from tests.benchmarks.figures import counted

_MEGABYTE = 1_000_000


@dataclass
class Spent:
    """CPU-milliseconds by role, available when its `with` block has ended."""

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def per(self, operations: int) -> dict[str, float]:
        return {role: value / operations for role, value in self.cpu.items() if value}


class Meter:
    """Reads the kernel's counters of each process of the system and its children."""

    def __init__(self, system: System) -> None:
        self._roles: dict[str, list[psutil.Process]] = {}
        self._seen: dict[psutil.Process, float] = {}
        for name, facts in system.supervisor.states().items():
            self._roles[name] = _family(int(facts["pid"]))
        self._roles["supervisor"] = [psutil.Process(system.supervisor.pid)]
        #: The real engines outlive the system: their work is included, their memory is reported apart.
        self.engines = _engines(system)
        self._roles |= self.engines
        #: CPU-milliseconds per second of the whole idle system; see `resources`.
        self.idle = 0.0

    @property
    def count(self) -> int:
        return sum(len(members) for role, members in self._roles.items() if role not in self.engines)

    def memory(self) -> dict[str, float]:
        """Return megabytes of proportional set size (shared pages are divided), of the real engines too."""
        return {
            role: sum(process.memory_full_info().pss for process in members if process.is_running()) / _MEGABYTE
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
        """Return the CPU-milliseconds that an idle system would have spent in the same time."""
        return self.idle * spent.seconds

    def _cpu(self) -> Mapping[str, float]:
        return {role: sum(map(self._cpu_of, members)) for role, members in self._roles.items()}

    def _cpu_of(self, process: psutil.Process) -> float:
        """Return milliseconds. A process that has ended, as nginx's cache loader, keeps its last value."""
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            self._seen[process] = 1000 * (times.user + times.system)
        return self._seen.get(process, 0.0)


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _engines(system: System) -> dict[str, list[psutil.Process]]:
    addresses = system.settings.addresses
    if not isinstance(addresses, Real):
        return {}
    pids = {name: engine.daemon(addresses.place).pid for name, engine in ENGINES.items()}
    return {name: _family(pid) for name, pid in pids.items() if pid}


def idle_rate(spent: Spent) -> float:
    """Return the CPU-milliseconds per second of all roles."""
    return counted(spent.cpu) / spent.seconds
