"""Live updates come out in the order in which things happened, although messages may overtake one another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

#: How long a step waits for an earlier one that is still on its way. Then it goes out: late is better than never.
PATIENCE = timedelta(seconds=5)


def releasable(shown: Iterable[int], held: Iterable[int]) -> list[int]:
    """Which held steps of one order may go out now, in order.

    `shown` are the steps that have gone out. A step goes when nothing before it can still be
    missing; one that comes after its successors has gone out too goes at once.
    """
    last = max(shown, default=0)
    ready: list[int] = []
    for step in sorted(held):
        if step > last + 1:
            break
        ready.append(step)
        last = max(last, step)
    return ready
