"""For CI: what of this checkout, or of its home (SOUK_HOME), runs that did not run before.

python -m run.left_behind --remember FILE     at the beginning
python -m run.left_behind --since FILE        at the end; exits 1 and names what is new
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from run.layout import ROOT, default_home
from run.ports import Holder, ancestors, processes

_SECONDS = 5.0


def running() -> dict[int, Holder]:
    """Processes of the checkout (by command, program or folder) or of its home (by environment, too).

    Without this one and those that wait for it.
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
        time.sleep(0.2)  # what was just told to end may still be ending
    for holder in new.values():
        print(f"left behind: {holder}")
    return 1 if new else 0


def _is_of_here(holder: Holder) -> bool:
    here, home = str(ROOT), str(default_home().path)
    where = [holder.command, *_places(holder.pid)]
    return any(here in each or home in each for each in where) or home in _environment(holder.pid)


def _places(pid: int) -> list[str]:
    """Its program and its folder; none of what may not be seen."""
    found = []
    for link in ("exe", "cwd"):
        with contextlib.suppress(OSError):
            found.append(str(Path(f"/proc/{pid}/{link}").readlink()))
    return found


def _environment(pid: int) -> str:
    """What a daemon that has left its folder, like Erlang's port mapper, still shows."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
