"""The order of live updates: steps of an order are released in order, although messages may overtake one another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

#: How long a step waits for a missing earlier one before it is released without it.
PATIENCE = timedelta(seconds=5)


def releasable(shown: Iterable[int], held: Iterable[int]) -> list[int]:
    """Return the held steps of one order that can be released now, in order.

    `shown`: the released steps. A step is released when no earlier one is missing, or when a later one has been
    released already.
    """
    last = max(shown, default=0)
    ready: list[int] = []
    for step in sorted(held):
        if step > last + 1:
            break
        ready.append(step)
        last = max(last, step)
    return ready
