"""A measured number with its target and its share of each process role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

#: The sandbox providers stand for other companies: their time is reported, not counted.
APART = frozenset({"sandbox"})


@dataclass(frozen=True, kw_only=True)
class Figure:
    name: str
    unit: str
    measured: float
    #: None: for information only.
    target: float | None = None
    #: Whether a higher value is better.
    at_least: bool = False
    #: Process role -> share of the figure, in the figure's unit.
    spent: Mapping[str, float] = field(default_factory=dict)
    #: The part of the figure that an idle system would have spent.
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
    """Return the sum over all counted roles."""
    return sum(value for role, value in spent.items() if role not in APART)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
