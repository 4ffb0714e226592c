"""A watchdog that ends a process whose work is stuck. The broker or an expired lease gives the work to another.

Waiting for an engine has its own limits (`time_limits`); this covers everything else.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

log = structlog.get_logger(__name__)

#: Seconds that a message, or one iteration of a loop, may take.
LIMIT = 60.0
#: Seconds between two checks.
_LOOK = 1.0
#: EX_TEMPFAIL.
_EXIT_CODE = 75

OLDEST = Gauge("souk_oldest_work_seconds", "Age of the oldest work in hand: a message, a job, a pass of the relay.")


@dataclass(slots=True)
class ActiveWork:
    name: str
    limit: float
    age: float = 0.0


def end_process() -> None:
    """Exit at once, without waiting for threads, one of which hangs."""
    faulthandler.dump_traceback(file=sys.__stderr__ or 2)
    os._exit(_EXIT_CODE)


class Watchdog:
    """Counts ages in checks, so that a suspended process or a changed clock does not end it."""

    def __init__(self, end: Callable[[], None] = end_process) -> None:
        self._end = end
        self._active: dict[int, ActiveWork] = {}

    def begin(self, name: str, *, limit: float | None = None) -> None:
        """Record that the current thread starts work."""
        self._active[threading.get_ident()] = ActiveWork(name, LIMIT if limit is None else limit)

    def alive(self) -> None:
        """Reset the age of the current thread's work, if it has any."""
        if work := self._active.get(threading.get_ident()):
            work.age = 0.0

    def done(self) -> None:
        """Record that the current thread finished its work."""
        self._active.pop(threading.get_ident(), None)

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """Watch a loop that calls `alive` in each iteration."""
        self.begin(name)
        try:
            yield
        finally:
            self.done()

    def look(self, seconds: float) -> None:
        """Add `seconds` to all ages, and end the process when some work exceeds its limit."""
        active = list(self._active.values())
        for work in active:
            work.age += seconds
        OLDEST.set(max((work.age for work in active), default=0.0))
        for work in active:
            if work.age > work.limit:
                log.critical("work_stuck", work=work.name, seconds=work.age)
                self._end()

    def start(self, stop: threading.Event, looked: Callable[[], None] = lambda: None) -> None:
        """Check in a separate thread until `stop`; call `looked` after each check."""

        def watch() -> None:
            while not stop.wait(_LOOK):
                self.look(_LOOK)
                looked()

        threading.Thread(target=watch, name="watchdog", daemon=True).start()


watchdog = Watchdog()
