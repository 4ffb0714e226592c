"""The test suites of the repository: where each is, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from run.layout import ROOT, SERVICES


@dataclass(frozen=True)
class Suite:
    name: str
    folder: Path
    #: What pytest gets, beside the options of the folder's own configuration.
    arguments: tuple[str, ...] = ()
    #: Starts a whole system of its own: runs alone, after the others.
    heavy: bool = False

    @property
    def there(self) -> bool:
        target = self.folder / (self.arguments[0] if self.arguments else "tests")
        return any(target.rglob("test_*.py"))


def suites() -> list[Suite]:
    """All that can be run, the longest first."""
    found = [
        *(Suite(name, ROOT / folder) for name, folder in SERVICES.items()),
        Suite("chassis", ROOT / "chassis"),
        Suite("gateway", ROOT / "gateway"),
        Suite("compose", ROOT / "compose"),
        Suite("sandbox", ROOT / "compose", ("sandbox/tests",)),
        Suite("engines", ROOT / "compose", ("engines",)),
        Suite("architecture", ROOT, ("tests/architecture",)),
        Suite("contracts", ROOT, ("tests/contracts",)),
        Suite("journeys", ROOT, ("tests/journeys",), heavy=True),
        Suite("faults", ROOT, ("tests/faults",), heavy=True),
    ]
    return [suite for suite in found if suite.there]
