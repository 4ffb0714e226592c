"""Wake the senders of this process after a commit. A lost wake-up costs seconds, never a message: a job looks too."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[str], None]] = []


def wake_senders(medium: str) -> None:
    """Call after the commit that stored a delivery; the senders of this process, if any, look at once."""
    for listener in _listeners:
        listener(medium)


def listen(listener: Callable[[str], None]) -> None:
    """Register the senders of this process."""
    _listeners[:] = [listener]
