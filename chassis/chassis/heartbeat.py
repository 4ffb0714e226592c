"""The loops of worker, relay and beat touch a file each; `manage.py alive` looks how old it is.

For the probes of a container, which cannot ask a process that answers no HTTP. A worker's heart is its watchdog, which
ends the process when its work stands still; an engine that is away stops no heart, for a restart would not help.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

ROLES = ("worker", "relay", "beat")
#: Seconds between two touches of one file, at least.
_PAUSE = 1.0

_touched: dict[str, float] = {}


def beat(role: str) -> None:
    """Say that this loop gets on. A file that cannot be written stops no loop; its age tells."""
    now = time.monotonic()
    if now - _touched.get(role, -_PAUSE) >= _PAUSE:
        _touched[role] = now
        with suppress(OSError):
            _file(role).touch()


def age(role: str) -> float | None:
    """Seconds since the last beat on this machine; None when there was none."""
    try:
        return max(time.time() - _file(role).stat().st_mtime, 0.0)
    except FileNotFoundError:
        return None


def _file(role: str) -> Path:
    return Path(settings.HEARTBEAT_DIR) / f"souk-{settings.SERVICE_NAME}-{role}.alive"
