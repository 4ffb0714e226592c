"""`make new-service` makes a service that passes its checks and its tests, in a copy of the repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from new_service.files import singular

from tests.architecture.copies import copy_of_repository


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAKE"))}
    return subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A copy of the repository with the generated service `wishes`."""
    folder = copy_of_repository(tmp_path_factory.mktemp("repository"))
    made = run(folder, "make", "new-service", "NAME=wishes")
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.mark.parametrize("check", ["lint", "format", "imports", "locks", "registry", "messages", "documents"])
def test_the_checks_are_good_with_a_new_service(repository, check):
    done = run(repository, "make", f"check-{check}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_types_are_good(repository):
    done = run(repository, "make", "wish_service/wishes/check-types")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_are_good(repository):
    """They include the checks that every project must pass."""
    done = run(repository / "wish_service", sys.executable, "-m", "pytest", "-q", "-n2", "tests", HOSTILE_CASES="40")
    assert done.returncode == 0, done.stdout


def test_the_gateway_routes_to_it(repository, tmp_path):
    done = run(repository / "gateway", sys.executable, "-m", "gateway", "render", GATEWAY_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "location /api/v1/wishes/" in (tmp_path / "routes/wishes.conf").read_text()
    assert "location /admin/wishes/" in (tmp_path / "each_service.conf").read_text()
    assert re.search(r"upstream wishes \{[^}]*server 127\.0\.0\.1:8108", (tmp_path / "upstreams.conf").read_text())
    assert "<option>wishes</option>" in (tmp_path / "pages/docs/index.html").read_text()


def test_a_name_that_is_taken_is_refused_and_changes_nothing(repository):
    before = (repository / "services.toml").read_text()
    done = run(repository, "make", "new-service", "NAME=orders")
    assert done.returncode == 2
    assert "there is a service orders" in done.stderr
    assert (repository / "services.toml").read_text() == before


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("wishes", "wish"),
        ("coupons", "coupon"),
        ("parties", "party"),
        ("boxes", "box"),
        ("shipping", ""),
        ("stress", ""),
    ],
)
def test_the_singular_of_a_regular_noun_is_found(plural, expected):
    assert singular(plural) == expected
