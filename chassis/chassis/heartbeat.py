"""Heartbeat files of worker, relay and beat, whose age `manage.py alive` checks.

For container probes of processes that serve no HTTP. A worker's watchdog writes its heartbeat, and ends the process
when its work is stuck. An unavailable engine does not stop a heartbeat, because a restart would not help.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

ROLES = ("worker", "relay", "beat")
#: Minimum seconds between two writes of one file.
_PAUSE = 1.0

_touched: dict[str, float] = {}


def beat(role: str) -> None:
    """Record that the loop of `role` is running. Ignores files that cannot be written: their age shows it."""
    now = time.monotonic()
    if now - _touched.get(role, -_PAUSE) >= _PAUSE:
        _touched[role] = now
        with suppress(OSError):
            _file(role).touch()


def age(role: str) -> float | None:
    """Return the seconds since the last heartbeat on this machine; None when there was none."""
    try:
        return max(time.time() - _file(role).stat().st_mtime, 0.0)
    except FileNotFoundError:
        return None


def _file(role: str) -> Path:
    return Path(settings.HEARTBEAT_DIR) / f"souk-{settings.SERVICE_NAME}-{role}.alive"
