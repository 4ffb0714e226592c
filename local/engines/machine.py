"""The machine: Debian packages, a cache for built parts, other users' permissions, free ports."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

#: Seconds.
LONGEST_APT_WAIT = 300

_POLICY = Path("/usr/sbin/policy-rc.d")


class CannotInstall(Exception):
    """Something is missing; the message contains the command that an administrator has to run."""


def cache() -> Path:
    """Return the folder for built and unpacked parts, shared by all runs of this user."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "souk"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def apt_install(*packages: str) -> None:
    """Install missing Debian packages without starting their services. Raises CannotInstall."""
    missing = [name for name in packages if not _installed(name)]
    if not missing:
        return
    # Another apt-get may be running, as on a machine that has just started.
    apt_get = f"apt-get -o DPkg::Lock::Timeout={LONGEST_APT_WAIT}"
    command = f"{apt_get} install -y --no-install-recommends {' '.join(missing)}"
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], check=False).returncode:
            raise CannotInstall(f"Debian packages are missing. As root, run:\n  {apt_get} update && {command}")
        prefix = ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_autostart():
        subprocess.run([*prefix, *apt_get.split(), "update", "-qq"], check=False, env=quiet, capture_output=True)
        done = subprocess.run(
            [*prefix, *command.split(), "-qq"], check=False, env=quiet, capture_output=True, text=True
        )
    if done.returncode:
        raise CannotInstall(f"{command} failed:\n{done.stderr[-2000:]}")


def go_built(name: str, package: str, module: Path) -> Path:
    """Return the program `name`, built once from the Go package that this module pins. Raises CannotInstall."""
    program = cache() / name / package.rpartition("/")[2]
    if program.exists():
        return program
    if not shutil.which("go"):
        raise CannotInstall(f"{package} is built with Go: install Go 1.26 or newer.")
    program.parent.mkdir(parents=True, exist_ok=True)
    draft = program.with_suffix(".new")
    # Not every module is in the public checksum database; go.sum verifies them all.
    environment = {**os.environ, "GONOSUMDB": f"{package}/*", "GOFLAGS": "-mod=mod"}
    command = ["go", "build", "-o", str(draft), package]
    done = subprocess.run(command, cwd=module, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotInstall(f"Building {package} failed:\n{done.stderr[-2000:]}")
    draft.replace(program)
    return program


def run_as(user: str) -> dict[str, Any]:
    """Return subprocess arguments that run a server, which refuses root, as its own user."""
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam(user)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def give_to(user: str, folder: Path) -> None:
    """Change the owner of `folder` and its content to `user`, if we are root."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    found = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, found.pw_uid, found.pw_gid, follow_symlinks=False)


def closed_to_others(folder: Path) -> Path | None:
    """Return the first parent of `folder` that a server's own user cannot enter, or None."""
    if os.geteuid() != 0:
        return None
    there = [each for each in (folder, *folder.parents) if each.exists()]
    return next((each for each in there if not each.stat().st_mode & 0o001), None)


def free_port(taken: Collection[object] = ()) -> int:
    """Return a free port below the ephemeral range, so that it stays free during restarts."""
    ports = [port for port in range(30_000, 32_700) if port not in taken]
    random.shuffle(ports)
    for port in ports:
        if is_free(port):
            return port
    raise CannotInstall("No port between 30000 and 32700 is free.")


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _installed(package: str) -> bool:
    asked = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], check=False, capture_output=True, text=True)
    return asked.stdout == "install ok installed"


@contextlib.contextmanager
def _no_autostart() -> Iterator[None]:
    """Prevent Debian from starting a server at installation, with policy-rc.d."""
    ours = os.geteuid() == 0 and not _POLICY.exists()
    if ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)
