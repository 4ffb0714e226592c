"""The test suites of the repository: their folders and requirements."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from run.addresses import Real
from run.layout import ROOT, SERVICES


@dataclass(frozen=True)
class Suite:
    name: str
    folder: Path
    #: Arguments for pytest, in addition to the folder's own configuration.
    arguments: tuple[str, ...] = ()
    #: Starts a whole system: runs alone, after the others.
    heavy: bool = False
    #: Added to the shell's environment.
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        target = self.folder / (self.arguments[0] if self.arguments else "tests")
        return any(target.rglob("test_*.py"))


def suites() -> list[Suite]:
    """Return all suites that can run, the longest first."""
    found = [
        # Tests that kill processes mostly wait, so five run at a time. (Not on RabbitMQ, which they share.)
        Suite("chassis", ROOT / "chassis", ("tests", "-n5")),
        *(Suite(service.name, service.path) for service in SERVICES.values()),
        Suite("gateway", ROOT / "gateway"),
        Suite("local", ROOT / "local"),
        Suite("sandbox", ROOT / "sandbox"),
        Suite("engines", ROOT / "local", ("engines",)),
        Suite("architecture", ROOT, ("tests/architecture",)),
        Suite("contracts", ROOT, ("tests/contracts",)),
        Suite("journeys", ROOT, ("tests/journeys",), heavy=True),
        Suite("faults", ROOT, ("tests/faults",), heavy=True),
        Suite("restarts", ROOT, ("tests/restarts",), heavy=True),
    ]
    return [suite for suite in found if suite.there]


_ABOUT_THE_BROKER = tuple(
    f"--ignore=tests/test_{name}.py"
    for name in ("batches", "faults", "lost_broker", "publishing", "shutdown", "signs_of_life")
)


def suites_on(engines: Path) -> list[Suite]:
    """Return the suites that use an engine, on the real ones in this folder."""
    real = Real(engines)
    where = {"SOUK_ENGINES": "real", "SOUK_ENGINES_HOME": str(engines)}
    on_postgresql = {**where, "DATABASE_URL": real.database("products").removesuffix("products") + "probe"}
    on_mariadb = {**where, "DATABASE_URL": real.database("orders") + "_probe"}
    found = [
        Suite("chassis", ROOT / "chassis", environment=on_postgresql),
        *(
            Suite(
                name,
                service.path,
                environment={**where, "DATABASE_URL": real.database(name)} | _search(real, name),
            )
            for name, service in SERVICES.items()
        ),
        # Tests of the broker run once only.
        Suite("chassis-mariadb", ROOT / "chassis", ("tests", *_ABOUT_THE_BROKER), environment=on_mariadb),
        Suite("doctor", ROOT, ("tests/doctor",), heavy=True, environment=where),
        Suite("engines", ROOT, ("tests/engines",), heavy=True, environment=where),
        Suite("journeys", ROOT, ("tests/journeys",), heavy=True, environment=where),
        Suite("faults", ROOT, ("tests/faults",), heavy=True, environment=where),
        Suite("chaos", ROOT, ("tests/chaos",), heavy=True, environment=where),
    ]
    return [suite for suite in found if suite.there]


def _search(real: Real, name: str) -> dict[str, str]:
    return {key: value for key, value in real.of(name).items() if key == "ELASTICSEARCH_URL"}
