"""Faults of any engine, and how the command reports them."""

from __future__ import annotations

import pytest
from engines import fault, redis
from rich.console import Console
from run.addresses import ENGINES
from run.doctor import examine
from run.shopper import until
from run.system import System

from tests.doctor.mending import afterwards


@pytest.mark.parametrize("name", ENGINES)
def test_a_good_engine_has_no_fault(wrongs, name):
    until(lambda: wrongs(ENGINES[name]) == "", what=f"nothing wrong with {name}")


@pytest.mark.parametrize("name", ENGINES)
def test_a_version_that_is_too_old(wrongs, monkeypatch, name):
    monkeypatch.setattr(ENGINES[name], "LEAST", "999.1")
    assert "999.1 or newer is needed" in wrongs(ENGINES[name])


def test_versions_are_compared_by_their_numbers():
    assert not list(fault.too_old("10.11.6-MariaDB-0+deb12u1", "10.5"))
    assert not list(fault.too_old("15.18", "15"))
    assert list(fault.too_old("9.6", "14"))


def test_an_engine_that_does_not_run_is_reported(place, tmp_path):
    """The command reports the fault, the remedy and the exit code."""
    daemon = redis.daemon(place)
    daemon.kill()
    with afterwards(daemon.start):
        console = Console(record=True, width=200)
        assert examine(System(tmp_path, engines=place.folder), console) == 1
    said = console.export_text()
    assert "✗ Engine redis: does not run" in said
    assert "make engines" in said
    assert "✓ Engine mongodb" in said
