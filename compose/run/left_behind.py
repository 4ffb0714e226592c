"""For CI: what of this checkout runs that did not run before.

python -m run.left_behind --remember FILE     at the beginning
python -m run.left_behind --since FILE        at the end; exits 1 and names what is new
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from run.layout import ROOT
from run.ports import Holder, ancestors, processes

_SECONDS = 5.0


def running() -> dict[int, Holder]:
    """Processes whose command, program or folder lies in this checkout, without this one and those that wait for it."""
    ours = ancestors()
    return {
        holder.pid: holder
        for holder in processes()
        if holder.pid not in ours and any(str(ROOT) in where for where in (holder.command, *_places(holder.pid)))
    }


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


def _places(pid: int) -> list[str]:
    """Its program and its folder; none of what may not be seen."""
    found = []
    for link in ("exe", "cwd"):
        with contextlib.suppress(OSError):
            found.append(str(Path(f"/proc/{pid}/{link}").readlink()))
    return found


if __name__ == "__main__":
    sys.exit(main())
