"""Ends a process whose work stands still: the broker, or the end of a lease, gives the work to another.

What waits for an engine has limits of its own (`patience`); this is for what has none, or hangs otherwise.
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

#: Seconds that a message, or one pass of a loop, may take.
LIMIT = 60.0
#: Seconds between two looks.
_LOOK = 1.0
#: Of the process: EX_TEMPFAIL.
_EXIT_CODE = 75

OLDEST = Gauge("souk_oldest_work_seconds", "Age of the oldest work in hand: a message, a job, a pass of the relay.")


@dataclass(slots=True)
class Work:
    name: str
    limit: float
    age: float = 0.0


def end_process() -> None:
    """At once, without waiting for threads: one of them hangs."""
    faulthandler.dump_traceback(file=sys.__stderr__ or 2)
    os._exit(_EXIT_CODE)


class Watchdog:
    """Ages are counted in looks, so that a process that was stopped itself, or a changed clock, ends nobody."""

    def __init__(self, end: Callable[[], None] = end_process) -> None:
        self._end = end
        self._in_hand: dict[int, Work] = {}

    def begin(self, name: str, *, limit: float | None = None) -> None:
        """The current thread takes work into its hands."""
        self._in_hand[threading.get_ident()] = Work(name, LIMIT if limit is None else limit)

    def alive(self) -> None:
        """The current thread gets on with its work, if it has any: its age counts from now."""
        if work := self._in_hand.get(threading.get_ident()):
            work.age = 0.0

    def done(self) -> None:
        """The current thread's hands are empty."""
        self._in_hand.pop(threading.get_ident(), None)

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """For a loop: it says `alive` at each pass."""
        self.begin(name)
        try:
            yield
        finally:
            self.done()

    def look(self, seconds: float) -> None:
        """So many seconds have passed: end the process when some work is older than its limit."""
        in_hand = list(self._in_hand.values())
        for work in in_hand:
            work.age += seconds
        OLDEST.set(max((work.age for work in in_hand), default=0.0))
        for work in in_hand:
            if work.age > work.limit:
                log.critical("work_stands_still", work=work.name, seconds=work.age)
                self._end()

    def start(self, stop: threading.Event, looked: Callable[[], None] = lambda: None) -> None:
        """Look in a thread of its own until `stop`; call `looked` after each look."""

        def watch() -> None:
            while not stop.wait(_LOOK):
                self.look(_LOOK)
                looked()

        threading.Thread(target=watch, name="watchdog", daemon=True).start()


watchdog = Watchdog()
