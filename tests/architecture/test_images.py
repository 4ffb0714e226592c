"""The build of images asks the builder for each service with its own folder; the images' commands are known."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from registry import ROOT, SERVICES

BUILDER = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
"""


@pytest.fixture
def build(tmp_path: Path):
    """`build("orders")`: what the builder was asked for."""
    builder = tmp_path / "builder"
    builder.write_text(BUILDER)
    builder.chmod(0o755)

    def run(*services: str) -> list[str]:
        (tmp_path / "asked").unlink(missing_ok=True)
        command = ["sh", "deploy/images.sh", *services]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "BUILDER": str(builder)}, check=True, capture_output=True)
        return (tmp_path / "asked").read_text().splitlines()

    return run


def souk(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "deploy/souk", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_service_is_built_from_its_own_folder(build):
    asked = build()
    assert len(asked) == len(SERVICES)
    for name, service in SERVICES.items():
        (mine,) = [line for line in asked if f"SERVICE={name} " in line]
        assert f"FOLDER={service.path.name} " in mine
        assert f"--tag souk-{name}:" in mine
        assert (service.path / "requirements.lock").exists()


def test_one_service_is_built_alone(build):
    (asked,) = build("orders")
    assert "SERVICE=orders " in asked


def test_a_command_that_an_image_does_not_have_is_refused_with_those_that_it_has():
    answer = souk("webb")
    assert answer.returncode == 2
    for command in ("web", "worker", "relay", "beat", "migrate", "healthy", "manage"):
        assert command in answer.stderr


@pytest.mark.parametrize("option", ["--pool=threads", "--without-gossip", "--without-mingle", "--without-heartbeat"])
def test_the_workers_of_an_image_have_the_options_of_those_of_the_bare_run(option):
    here = "".join(path.read_text() for path in (ROOT / "local" / "run").glob("*.py"))
    assert option in here
    assert option in (ROOT / "deploy" / "souk").read_text()
