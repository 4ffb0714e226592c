"""What may be wrong with an engine that runs. Each engine's `faults(place)` looks for it; `make doctor` tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    wrong: str
    advice: str


def too_old(found: str, least: str) -> Iterator[Fault]:
    """Versions are numbers between dots; what follows them (`-MariaDB-deb12`) does not count."""
    if _numbers(found) < _numbers(least):
        yield Fault(
            f"is version {found}; {least} or newer is needed", "Install a newer one; docs/engines.md says which."
        )


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version.partition("-")[0])]
