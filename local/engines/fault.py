"""Problems of a running engine. Each engine's `faults(place)` finds them and `make doctor` reports them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    wrong: str
    advice: str


def too_old(found: str, least: str) -> Iterator[Fault]:
    """Compare dotted version numbers and ignore suffixes (`-MariaDB-deb12`)."""
    if _numbers(found) < _numbers(least):
        yield Fault(
            f"is version {found}; {least} or newer is needed", "Install a newer one; docs/engines.md says which."
        )


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version.partition("-")[0])]
