"""A smoke of `make chaos`: 100 orders while each process, and each real engine, is killed once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console
from run.addresses import Real
from run.layout import Home, real_engines
from run.system import System

from tests.chaos.__main__ import show
from tests.chaos.run import SETTINGS, chaos


@pytest.fixture
def system(tmp_path: Path):
    engines = real_engines(Home(tmp_path))
    if engines:
        Real(engines).empty()
    base = int(os.environ.get("SOUK_TEST_PORT_BASE", "18080"))
    with System(tmp_path, base, SETTINGS, tell=print, engines=engines) as started:
        yield started


def test_everybody_agrees_after_everything_has_died_once(system: System) -> None:
    outcome = chaos(system, 100, tell=lambda what, done, of: print(f"{done} of {of} {what}", flush=True))
    show(outcome, Console())
    assert set(outcome.killed) >= {
        f"{service}-{role}" for service in system.settings.services for role in ("web", "worker")
    }
    assert outcome.good
