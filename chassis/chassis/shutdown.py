"""A process that was asked to stop ends in time: what it has not finished by then is given back."""

from __future__ import annotations

import os
import threading

import structlog

log = structlog.get_logger(__name__)

#: Seconds to finish what is in hand. Whoever stops a process kills it after some 25 to 30.
GRACE_SECONDS = 20.0


def exit_within_grace_period() -> None:
    """Called when the process is asked to stop.

    Ending gives back: an open transaction is rolled back, the broker delivers again what was not acknowledged, and a
    lease runs out.
    """
    timer = threading.Timer(GRACE_SECONDS, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    log.warning("ended_before_done", seconds=GRACE_SECONDS)
    os._exit(0)
