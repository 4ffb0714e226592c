"""A server that outlives the command that started it; its PID file identifies it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from engines.machine import run_as


class DidNotStart(Exception):
    """The server did not start; the message contains the end of its log."""


@dataclass(kw_only=True)
class Daemon:
    """A server process. `check` returns "" when the server is ready, else the reason."""

    name: str
    folder: Path
    command: list[str]
    check: Callable[[], str]
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    patience: float = 60.0

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process id, or None when it is not running. The stored start time detects a reused PID."""
        try:
            pid, started = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if _start_time(int(pid)) == started else None

    def start(self) -> None:
        """Start it, unless it is running. Raises DidNotStart."""
        if self.pid is None:
            with self.log.open("ab") as output:
                child = subprocess.Popen(
                    self.command,
                    cwd=self.folder,
                    env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **self.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    **(run_as(self.user) if self.user else {}),
                )
            self._pid_file.write_text(f"{child.pid} {_start_time(child.pid)}")
        self.wait()

    def wait(self) -> None:
        """Wait until it is ready. Raises DidNotStart."""
        end = time.monotonic() + self.patience
        while reason := self.check():
            if self.pid is None or time.monotonic() > end:
                raise DidNotStart(f"{self.name}: {reason}\n{self._end_of_log()}")
            time.sleep(0.1)

    def stop(self, *, seconds: float = 30.0) -> None:
        """Stop it in order, or with SIGKILL to its group if it does not end."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, self.stop_signal)
        end = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > end:
                self.kill()
                return
            _reap(pid)
            time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Send SIGKILL to it and all its descendants, as a power failure would, and wait until they are gone.

        PostgreSQL's processes form no group, and while one exists, no new server can start on their data.
        """
        if self.pid is None:
            return
        server = psutil.Process(self.pid)
        everybody = [server, *server.children(recursive=True)]
        for each in everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(everybody, timeout=self.patience)

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _end_of_log(self) -> str:
        try:
            return self.log.read_text(errors="replace")[-2500:]
        except FileNotFoundError:
            return ""


def _start_time(pid: int) -> str:
    """Return the start time in clock ticks since boot; "" when the process has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if facts[0] in {"Z", "X"} else facts[19]


def _reap(pid: int) -> None:
    """Collect the exit status if it is our own child."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
