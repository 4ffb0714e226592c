"""Whether a service costs the same with a thousand rows and with many: seeded, measured, seeded on, measured again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from run.addresses import Real
from run.layout import ROOT, SERVICES

from tests.benchmarks.figures import Figure

_SEEDS = {
    "products": ("seed_catalog", "--products"),
    **dict.fromkeys(("orders", "payments", "shipping", "notifications"), ("seed_orders", "--orders")),
}
_FEW = 1_000
#: Costs below this many milliseconds are too small for a ratio.
_NOTHING = 0.3


def growth(rows: int, engines: Path | None, tell: Callable[[str], Any]) -> Iterator[Figure]:
    """Measure every service that can be seeded, on SQLite or, with `engines`, on its real engine (emptied before)."""
    with tempfile.TemporaryDirectory(prefix="souk-growth-") as folder:
        for service in _SEEDS:
            url = Real(engines).database(service) if engines else f"sqlite:///{folder}/{service}.sqlite3"
            _manage(service, url, "migrate", "-v0")
            if engines:
                _manage(service, url, "flush", "--no-input", "-v0")
            tell(f"{service}: {_FEW:,} rows")
            few = _measured(service, url, _FEW)
            tell(f"{service}: {rows:,} rows")
            many = _measured(service, url, rows - _FEW)
            yield from (_figure(service, name, few[name], many[name], rows) for name in few)


def _measured(service: str, url: str, rows: int) -> dict[str, tuple[float, float]]:
    command, option = _SEEDS[service]
    _manage(service, url, command, option, str(rows))
    found: dict[str, tuple[float, float]] = json.loads(_run(service, url, "-m", "tests.benchmarks.growth_reads"))
    return found


def _figure(service: str, name: str, few: tuple[float, float], many: tuple[float, float], rows: int) -> Figure:
    return Figure(
        name=f"{service}: {name}",
        unit="x",
        measured=max(many[0], _NOTHING) / max(few[0], _NOTHING),
        target=1.2,
        note=f"{few[0]:.2f} CPU-ms at {_FEW:,} rows and {many[0]:.2f} at {rows:,}; "
        f"elapsed {few[1]:.2f} and {many[1]:.2f} ms",
    )


def _manage(service: str, url: str, *arguments: str) -> str:
    return _run(service, url, "manage.py", *arguments)


def _run(service: str, url: str, *arguments: str) -> str:
    known = SERVICES[service]
    path = os.pathsep.join(str(one) for one in (known.path, ROOT, ROOT / "local", ROOT / "chassis", ROOT / "testkit"))
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": f"{service}.config.settings",
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": path,
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=known.path, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{service}, {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout
