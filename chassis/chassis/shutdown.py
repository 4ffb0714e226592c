"""Shutdown of worker, relay and beat within a time limit; unfinished work is returned."""

from __future__ import annotations

import os
import threading

import structlog

log = structlog.get_logger(__name__)

#: Seconds to finish active work. Supervisors kill a process after 25 to 30 seconds.
GRACE_SECONDS = 20.0


def exit_within_grace_period() -> None:
    """Exit after the grace period, from the moment that the process is asked to stop.

    The exit returns unfinished work: an open transaction is rolled back, the broker redelivers unacknowledged
    messages, and a lease expires.
    """
    timer = threading.Timer(GRACE_SECONDS, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    log.warning("exited_with_unfinished_work", seconds=GRACE_SECONDS)
    os._exit(0)
