"""A server that outlives the command that started it, and is found again by its PID file."""

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
    """The text has the end of the server's log."""


@dataclass(kw_only=True)
class Daemon:
    """`check` answers "" once the server can do its work, else why not."""

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
        """None when it does not run. A recycled PID is told by the start time written beside it."""
        try:
            pid, started = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if _start_time(int(pid)) == started else None

    def start(self) -> None:
        """Harmless when it runs. Raises DidNotStart."""
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
                    **(run_as(self.user) if self.user else {}),  # type: ignore[call-overload]
                )
            self._pid_file.write_text(f"{child.pid} {_start_time(child.pid)}")
        self.wait()

    def wait(self) -> None:
        """Until it can do its work. Raises DidNotStart."""
        end = time.monotonic() + self.patience
        while reason := self.check():
            if self.pid is None or time.monotonic() > end:
                raise DidNotStart(f"{self.name}: {reason}\n{self._end_of_log()}")
            time.sleep(0.1)

    def stop(self, *, seconds: float = 30.0) -> None:
        """In order; by SIGKILL to its whole group when it does not."""
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
        """SIGKILL to it and all that it has started, as a machine that goes down; none of them is left afterwards.

        PostgreSQL's processes are no group, and while one lives, or is unburied, no new server starts on their data.
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
    """Clock ticks since boot at which the process began; "" when it is gone or a zombie."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if facts[0] in {"Z", "X"} else facts[19]


def _reap(pid: int) -> None:
    """When it is our own child, take its exit status; otherwise its new parent has done so."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
