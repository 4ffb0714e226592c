"""`make docs`: the documents that are generated from the code. `make check` holds that they are up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from run.layout import ROOT, SERVICES

FOLDER = ROOT / "docs/events"


def event_catalogue(*options: str) -> subprocess.CompletedProcess[str]:
    """A JSON Schema a message and one AsyncAPI document, from every service's `events_out`."""
    modules = [f"{service}.events_out" for service in SERVICES]
    folders = [str(ROOT / "chassis"), *(str(service.path) for service in SERVICES.values())]
    return subprocess.run(
        [sys.executable, "-m", "chassis.catalogue", "--out", str(FOLDER), *options, *modules],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    done = event_catalogue(*sys.argv[1:])
    print((done.stdout + done.stderr).strip())
    sys.exit(done.returncode)
