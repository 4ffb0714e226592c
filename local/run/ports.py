"""Who holds a port. On Linux by /proc, elsewhere by `lsof` where there is one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from run.layout import Home

_LISTENING = "0A"


@dataclass(frozen=True)
class Holder:
    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> Holder | None:
    """The process that listens there; None when that cannot be found out."""
    if Path("/proc/net/tcp").exists():
        inodes = _listening_inodes(port)
        for process in _processes():
            if inodes & _sockets_of(process):
                return Holder(int(process.name), _command_of(process))
        return None
    if not shutil.which("lsof"):
        return None
    found = subprocess.run(
        ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"], capture_output=True, text=True, check=False
    )
    facts = {line[0]: line[1:] for line in found.stdout.splitlines() if line}
    return Holder(int(facts["p"]), facts.get("c", "?")) if "p" in facts else None


def processes() -> list[Holder]:
    """All that can be seen."""
    return [Holder(int(process.name), _command_of(process)) for process in _processes()]


def processes_of(home: Home) -> list[Holder]:
    """Processes that were started for this folder, whoever their parent is by now; not those that started us."""
    ours = ancestors()
    mark = f"SOUK_SYSTEM={home.path}".encode()
    found = []
    for process in _processes():
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if mark in environment.split(b"\0") and int(process.name) not in ours:
            found.append(Holder(int(process.name), _command_of(process)))
    return found


def end(holders: list[Holder], seconds: float = 10.0) -> None:
    """SIGTERM, then SIGKILL. Only for processes of ours."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        for each in holders:
            _signal(each.pid, number)
        deadline = time.monotonic() + patience
        while any(_signal(each.pid, 0) for each in holders):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        else:
            return


def ancestors() -> set[int]:
    """We, and `make`, a shell or `timeout` before us: they have our environment."""
    found, pid = set(), os.getpid()
    while pid > 1:
        found.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return found


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return inodes


def _processes() -> list[Path]:
    return sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name))


def _sockets_of(process: Path) -> set[str]:
    sockets = set()
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                sockets.add(str(descriptor.readlink()))
            except OSError:
                continue
    except OSError:
        return set()
    return sockets


def _command_of(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return "?"
    text = " ".join(word.decode(errors="replace") for word in words)
    return text if len(text) <= 90 else f"{text[:87]}..."
