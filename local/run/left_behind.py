"""Find processes of this checkout, or of its home (SOUK_HOME), that a CI run left behind.

python -m run.left_behind --remember FILE     at the beginning
python -m run.left_behind --since FILE        at the end; exits with 1 and lists the new ones
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

import psutil

from run import ports
from run.layout import ROOT, default_home
from run.ports import Holder, ancestors, processes

_SECONDS = 5.0


def running() -> dict[int, Holder]:
    """Return the processes of the checkout or its home, found by command, program, directory and environment.

    Our own process and its ancestors are left out.
    """
    ours = ancestors()
    return {holder.pid: holder for holder in processes() if holder.pid not in ours and _is_of_here(holder)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remember", type=Path)
    parser.add_argument("--since", type=Path)
    options = parser.parse_args()
    if options.remember:
        options.remember.write_text("\n".join(map(str, running())))
        return 0
    before = {int(line) for line in options.since.read_text().split()} if options.since else set()
    deadline = time.monotonic() + _SECONDS
    while new := {pid: holder for pid, holder in running().items() if pid not in before}:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)  # a process that was just stopped may still be ending
    for holder in new.values():
        print(f"left behind: {holder}")
    return 1 if new else 0


def _is_of_here(holder: Holder) -> bool:
    here, home = str(ROOT), str(default_home().path)
    where = [holder.command, *_places(holder.pid)]
    return any(here in each or home in each for each in where) or home in _environment(holder.pid)


def _places(pid: int) -> list[str]:
    """Return its program and its working directory, without what this user may not see."""
    found = []
    for place in (psutil.Process.exe, psutil.Process.cwd):
        with contextlib.suppress(psutil.Error, OSError):
            found.append(place(psutil.Process(pid)))
    return found


def _environment(pid: int) -> str:
    """Return its environment as text: a daemon that changed its directory (Erlang's epmd) shows the home only there."""
    with contextlib.suppress(psutil.Error):
        return " ".join(ports.environment(psutil.Process(pid)).values())
    return ""


if __name__ == "__main__":
    sys.exit(main())
