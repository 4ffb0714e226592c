"""The import contracts of pyproject.toml hold, and each kind of contract reports a planted import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from registry import ROOT, SERVICES

LINT = Path(sys.executable).parent / "lint-imports"
PACKAGES = {
    "chassis": ROOT / "chassis" / "chassis",
    "testkit": ROOT / "testkit" / "testkit",
    **{name: service.path / name for name, service in SERVICES.items()},
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of all packages, to plant imports in."""
    for name, folder in PACKAGES.items():
        shutil.copytree(folder, tmp_path / name, ignore=lambda _, names: [n for n in names if n == "__pycache__"])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold(copy):
    answer = lint(copy)
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("orders/queries.py", "import payments.models", "Services know nothing of one another"),
        ("chassis/http/health.py", "import orders.models", "The chassis knows no service"),
        ("chassis/http/health.py", "import testkit.tokens", "The chassis knows no test"),
        ("chassis/celery.py", "import chassis.embedded.redis_transport", "Nothing imports the embedded run"),
        ("chassis/core/money.py", "import django.db", "standard library only"),
        ("orders/domain/order.py", "import django.utils.timezone", "A domain is pure"),
        ("orders/domain/order.py", "import chassis.outbox.recorder", "A domain is pure"),
        ("orders/models.py", "import orders.queries", "Layers of a service"),
        ("orders/queries.py", "import orders.commands", "Layers of a service"),
        ("orders/domain/order.py", "import orders.models", "Layers of a service"),
        ("payments/commands/refunds.py", "import payments.work.webhooks", "Layers of a service"),
        ("payments/commands/refunds.py", "import payments.providers.port", "Commands call nobody"),
        ("orders/commands/carts.py", "import orders.clients", "Commands call nobody"),
        ("users/commands/profile.py", "import httpx", "Commands call nobody"),
    ],
)
def test_a_planted_import_turns_its_contract_red(copy, file, line, contract):
    path = copy / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    answer = lint(copy)
    assert answer.returncode == 1, answer.stdout
    broken = [text for text in answer.stdout.splitlines() if " BROKEN" in text]
    assert any(contract in text for text in broken), answer.stdout


def test_a_module_that_no_layer_names_turns_red(copy):
    (copy / "orders" / "helpers.py").write_text("")
    answer = lint(copy)
    assert answer.returncode == 1
    assert "orders.helpers" in answer.stdout
