"""The processes that listen on a port or belong to a system."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from run.layout import Home

_LONGEST_COMMAND = 90


@dataclass(frozen=True)
class Holder:
    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def holder(port: int) -> Holder | None:
    """Return the process that listens on the port, or None where the system does not say."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return _holder(psutil.Process(connection.pid))
    return None


def processes() -> list[Holder]:
    """Return all processes that this user can see."""
    return [_holder(process) for process in _processes()]


def processes_of(home: Home) -> list[Holder]:
    """Return the processes that were started for this folder, whoever their parent is now, without our ancestors."""
    ours = ancestors()
    started = (process for process in _processes() if environment(process).get("SOUK_SYSTEM") == str(home.path))
    return [_holder(process) for process in started if process.pid not in ours]


def end(holders: list[Holder], seconds: float = 10.0) -> None:
    """Send SIGTERM, and SIGKILL to those that are left after `seconds`. Only for processes of ours."""
    left = [psutil.Process(each.pid) for each in holders if psutil.pid_exists(each.pid)]
    for act, patience in ((psutil.Process.terminate, seconds), (psutil.Process.kill, 5.0)):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                act(process)
        deadline = time.monotonic() + patience
        while left := [process for process in left if _runs(process)]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)


def ancestors() -> set[int]:
    """Return our own process and those above it (`make`, a shell, `timeout`), which share our environment."""
    return {os.getpid(), *(process.pid for process in psutil.Process().parents())}


def environment(process: psutil.Process) -> dict[str, Any]:
    """Return the environment of a process, empty where it cannot be read."""
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


def _processes() -> Iterator[psutil.Process]:
    yield from psutil.process_iter()


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _holder(process: psutil.Process) -> Holder:
    try:
        text = " ".join(process.cmdline())
    except (psutil.Error, OSError):
        text = "?"
    return Holder(process.pid, text if len(text) <= _LONGEST_COMMAND else f"{text[: _LONGEST_COMMAND - 3]}...")
