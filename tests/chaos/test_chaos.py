"""A short `make chaos`: 100 orders while each process and each real engine is killed once."""

from __future__ import annotations

from rich.console import Console
from run.system import System

from tests.chaos.__main__ import show
from tests.chaos.run import chaos


def test_everybody_agrees_after_everything_has_died_once(system: System) -> None:
    outcome = chaos(system, 100, tell=lambda what, done, of: print(f"{done} of {of} {what}", flush=True))
    show(outcome, Console())
    assert set(outcome.killed) >= {
        f"{service}-{role}" for service in system.settings.services for role in ("web", "worker")
    }
    assert outcome.good
