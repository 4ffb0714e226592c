"""One measured number beside its target, and where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

#: Providers of the sandbox stand for other companies: their time is told, but not counted.
APART = frozenset({"sandbox"})


@dataclass(frozen=True, kw_only=True)
class Figure:
    name: str
    unit: str
    measured: float
    #: None: told for its own sake.
    target: float | None = None
    #: Whether more is better.
    at_least: bool = False
    #: Process role -> share of the figure, in the figure's unit.
    spent: Mapping[str, float] = field(default_factory=dict)
    #: What an idle system would have spent meanwhile; part of the figure.
    background: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def counted(spent: Mapping[str, float]) -> float:
    """The sum over all roles but those apart."""
    return sum(value for role, value in spent.items() if role not in APART)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
