"""SIGKILL for every process and engine in turn, each followed by recovery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from run.addresses import ENGINES, Real
from run.system import System


@dataclass
class Harm:
    """Kills one victim at a time, and waits for the recovery before the next."""

    system: System
    killed: Counter[str] = field(default_factory=Counter)

    def victims(self) -> list[str]:
        """Return the victims, with engines between the processes, so that busy services meet dead engines."""
        processes = [process.name for process in self.system.processes()]
        # The sandbox stands for other companies, whose outages are part of the stories.
        mine = [name for name in processes if name != "sandbox"]
        return [name for pair in _side_by_side(mine, list(ENGINES) if self._real else []) for name in pair]

    def one(self, victim: str) -> None:
        """Kill one victim and wait until everything is healthy."""
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
