"""The limit on the size of logs: a plug-in of supervisord, which runs it once a minute.

Processes append to their files themselves; only this cuts them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from supervisor import events

#: Bytes after which a log is moved to its back-up and begins again.
LARGEST = 20_000_000


class LogLimits:
    """An RPC interface without methods."""


def limit_logs(supervisord: Any, *, folders: str) -> LogLimits:
    """Limit the logs in `folders`, one a line, from now on. Supervisord calls this at its start."""

    def cut_all(event: object) -> None:
        for folder in folders.splitlines():
            cut(Path(folder))

    events.subscribe(events.Tick60Event, cut_all)
    return LogLimits()


def cut(folder: Path, *, largest: int = LARGEST) -> None:
    """Move the contents of each log larger than `largest` to its back-up. Lines written meanwhile may be lost."""
    for log in folder.glob("*.log"):
        if log.name == "supervisord.log" or log.stat().st_size <= largest:
            continue
        backup = log.with_name(f"{log.name}.1")
        try:
            shutil.copyfile(log, backup)
        except OSError:  # the disk is full
            backup.unlink(missing_ok=True)
        os.truncate(log, 0)
