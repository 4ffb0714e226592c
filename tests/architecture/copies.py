"""A copy of the repository, to plant faults and services in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from registry import ROOT


def copy_of_repository(folder: Path) -> Path:
    """Copy the files that git knows or would know, with their times; the environment stays the same one."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder
