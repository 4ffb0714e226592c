"""A copy of the repository, for planted faults and generated services."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from registry import ROOT


def copy_of_repository(folder: Path) -> Path:
    """Copy the files that git tracks or would track, with their times; the virtual environment is shared."""
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
