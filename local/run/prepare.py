"""Preparation before the processes start: keys, tables, queues, demo data, static files."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from run import secrets
from run.layout import ROOT, Home, project_folder
from run.settings import Settings

#: Files whose changes require another preparation.
_SUFFIXES = {".py", ".json", ".css", ".js", ".svg", ".html", ".csv", ".yaml", ".toml"}
_LONGEST_SECONDS = 180


class PreparationFailed(Exception):
    """A migration, demo data or static files failed; the message contains the end of the output."""


def keys(home: Home) -> None:
    secrets.ensure(home)
    secrets.ensure_signing_key(home.keys / "shipping.pem")


def services_to_prepare(settings: Settings) -> list[str]:
    """Return the services whose code, options or database have changed since their preparation."""
    return [name for name in settings.services if _stamp(settings, name) != _stamped(settings.home, name)]


def services(settings: Settings, names: list[str]) -> Iterator[str]:
    """Prepare services in parallel; yield each name when it is done. Raises PreparationFailed."""
    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 2))) as pool:
        jobs = {pool.submit(_prepare, settings, name): name for name in names}
        for job in as_completed(jobs):
            job.result()
            yield jobs[job]


def _prepare(settings: Settings, name: str) -> None:
    stamp = _stamp(settings, name)
    work = ["migrate", "declare_queues", "load_demo"]
    if name == settings.services[0] or (project_folder(name) / name / "static").is_dir():
        # The static files are the same for all services, so one collects them.
        work.append("collectstatic")
    try:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("prepare_service.py")), *work],
            cwd=project_folder(name),
            env=settings.service(name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PreparationFailed(f"{name}: not ready after {_LONGEST_SECONDS} s") from error
    (settings.home.logs / f"{name}-prepare.log").write_text(done.stdout)
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise PreparationFailed(f"{name} could not be prepared:\n{last}")
    _stamp_file(settings.home, name).write_text(stamp)


def _stamp(settings: Settings, name: str) -> str:
    """Return a hash of the files of the service, its demo data and the chassis, and its environment."""
    environment = settings.service(name)
    seen = hashlib.sha256(json.dumps(environment, sort_keys=True).encode())
    for folder in (project_folder(name) / name, ROOT / "chassis/chassis", ROOT / "demo" / name):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES:
                facts = path.stat()
                seen.update(f"{path}:{facts.st_size}:{facts.st_mtime_ns}".encode())
    database = environment["DATABASE_URL"].removeprefix("sqlite:///")
    there = "://" in database or Path(database).exists()
    return seen.hexdigest() if there else "no database"


def _stamped(home: Home, name: str) -> str:
    try:
        return _stamp_file(home, name).read_text()
    except FileNotFoundError:
        return "never prepared"


def _stamp_file(home: Home, name: str) -> Path:
    return home.state / f"{name}.prepared"
