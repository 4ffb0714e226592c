"""Hints that something is waiting. Losing one costs latency, never a mail and never an update."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

_on_send: list[Callable[[str], None]] = []
_on_update: list[Callable[[UUID], None]] = []


def something_to_send(medium: str) -> None:
    """Called after the commit that stored a delivery; the senders of this process, if any, look at once."""
    for listener in _on_send:
        listener(medium)


def something_new(user_id: UUID) -> None:
    """Called after the commit that stored a live update of this customer."""
    for listener in _on_update:
        listener(user_id)


def when_to_send(listener: Callable[[str], None]) -> None:
    """For `sending`."""
    _on_send[:] = [listener]


def when_new(listener: Callable[[UUID], None]) -> None:
    """For `live`."""
    _on_update[:] = [listener]
