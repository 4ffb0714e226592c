"""`make docs`: the documents that are generated from the code. `make check` holds that they are up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from run.layout import ROOT, SERVICES

FOLDER = ROOT / "docs/events"


def message_reference(*options: str) -> subprocess.CompletedProcess[str]:
    """Write a JSON Schema per message type and one AsyncAPI document, from the code of all services."""
    folders = [str(ROOT / "chassis"), str(ROOT / "testkit"), *(str(service.path) for service in SERVICES.values())]
    return subprocess.run(
        [sys.executable, "-m", "testkit.message_reference", "--out", str(FOLDER), *options, *SERVICES],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    done = message_reference(*sys.argv[1:])
    print((done.stdout + done.stderr).strip())
    sys.exit(done.returncode)
