"""Everything dies by SIGKILL in turn, and comes back: every process of the system, every engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from run.addresses import ENGINES, Real
from run.system import System


@dataclass
class Harm:
    """Kills one victim after the other; the next when the last is well again."""

    system: System
    killed: Counter[str] = field(default_factory=Counter)

    def victims(self) -> list[str]:
        """Engines between the processes, so that each service meets a dead engine, and each engine a busy service."""
        processes = [process.name for process in self.system.processes()]
        # The sandbox stands for other companies: their outages are in the stories.
        mine = [name for name in processes if name != "sandbox"]
        return [name for pair in _side_by_side(mine, list(ENGINES) if self._real else []) for name in pair]

    def one(self, victim: str) -> None:
        """Kill it, and wait until everything is well."""
        if self._real and victim in ENGINES:
            daemon = ENGINES[victim].daemon(self._real.place)
            daemon.kill()
            daemon.start()
        else:
            self.system.kill(victim)
            self.system.wait_for(victim, seconds=90)
        self.killed[victim] += 1

    @property
    def _real(self) -> Real | None:
        addresses = self.system.settings.addresses
        return addresses if isinstance(addresses, Real) else None


def _side_by_side(many: list[str], few: list[str]) -> Iterator[tuple[str, ...]]:
    step = max(1, len(many) // max(1, len(few)))
    rest = iter(few)
    for index, name in enumerate(many):
        found = next(rest, None) if index % step == step - 1 else None
        yield (name, found) if found else (name,)
    yield tuple(rest)
