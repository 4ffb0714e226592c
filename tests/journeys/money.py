"""The card processor's records of one order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """Sums in minor units, and counts."""

    captured: int
    captures: int
    voids: int
    refunded: int


def money_of(books: Callable[[str], dict], order_id: str) -> Money:
    def effects(kind: str) -> list[int]:
        return [effect["amount"] for effect in books("payments")[kind] if effect["order_id"] == order_id]

    captures = effects("captures")
    return Money(sum(captures), len(captures), len(effects("voids")), sum(effects("refunds")))
