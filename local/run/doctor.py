"""`make doctor`: problems of a system, and how to fix them."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engines.machine import is_free
from rich.console import Console

from run import health, ports
from run.addresses import ENGINES, Real
from run.layout import ROOT, real_engines
from run.processes import last_lines
from run.supervision import NotRunning
from run.system import System

_LEAST_FREE_MB = 500
_LAG_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    what: str
    #: The problem; empty when all is well.
    wrong: str = ""
    advice: str = ""


def examine(system: System, console: Console) -> int:
    """Run every check and print one line for each; return 0 when all is well."""
    bad = 0
    for check in CHECKS:
        for finding in check(system):
            if finding.wrong:
                bad += 1
                console.print(f"[red]✗[/] {finding.what}: {finding.wrong}")
                console.print(f"    [bold]→[/] {finding.advice}", soft_wrap=True)
            else:
                console.print(f"[green]✓[/] {finding.what}")
    console.print("All is well." if not bad else f"{bad} thing{'s' if bad > 1 else ''} to look at.")
    return 1 if bad else 0


def _python(_: System) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < (3, 11)
    yield Finding(
        f"Python {version}",
        "3.11 or newer is needed" if old else "",
        "make clean, then: make up PYTHON=python3.12",
    )


def _installed(_: System) -> Iterator[Finding]:
    stamp, lock = ROOT / ".venv/.souk-installed", ROOT / "requirements.lock"
    stale = not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime
    yield Finding("Packages", "requirements.lock is newer than the environment" if stale else "", "make install")


def _disk(system: System) -> Iterator[Finding]:
    folder = system.home.path if system.home.path.exists() else ROOT
    free = shutil.disk_usage(folder).free // 1_000_000
    wrong = f"only {free} MB are free" if free < _LEAST_FREE_MB else ""
    yield Finding(f"Disk ({free} MB free)", wrong, f"Free some space for {folder}; `make reset` forgets this system.")


def _ports(system: System) -> Iterator[Finding]:
    if system.running:
        return
    for name, port in system.needed_ports().items():
        if not is_free(port):
            who = ports.holder(port) or "a process that cannot be seen from here"
            yield Finding(
                f"Port {port}", f"wanted by {name}, held by {who}", "End it, or: SOUK_PORT_BASE=18080 make up"
            )


def _processes(system: System) -> Iterator[Finding]:
    if not system.running:
        left = ports.processes_of(system.home)
        yield Finding("Processes", "Souk is not running", "make up")
        if left:
            yield Finding("Left behind", f"{len(left)} processes without a supervisor", "make down ends them")
        return
    try:
        states = system.supervisor.states()
    except NotRunning as error:
        yield Finding("Supervisor", str(error), "make down, then make up")
        return
    unhealthy = system.unhealthy()
    for process in system.processes():
        state = states.get(process.name, {}).get("statename", "UNKNOWN")
        wrong = unhealthy.get(process.name, "") if state == "RUNNING" else f"is {state.lower()}"
        last = " | ".join(last_lines(system.home.logs / f"{process.name}.log", 2))
        yield Finding(process.name, wrong, f"make logs S={process.name}   last: {last}" if wrong else "")


def _messages(system: System) -> Iterator[Finding]:
    """Check the outbox lag and dead letters in each service's metrics."""
    if not system.running:
        return
    for service in system.settings.services:
        figures = _metrics(system.service_url(service, "/metrics"))
        if figures is None:
            continue  # its process is already reported
        lag, unsent = figures.get("souk_outbox_lag_seconds", 0.0), figures.get("souk_outbox_unsent", 0.0)
        dead = figures.get("souk_dead_letters", 0.0)
        yield Finding(
            f"{service} sends its messages",
            f"{unsent:.0f} wait, the oldest for {lag:.0f} s" if lag > _LAG_SECONDS else "",
            f"Is {service}-worker well, and the broker? They are sent when both are.",
        )
        admin = system.url(f"/admin/{service}/inbox/failedmessage/", staff=True)
        yield Finding(
            f"{service} understands its messages",
            f"{dead:.0f} dead letters" if dead else "",
            f"Look and replay at {admin} or by `manage.py replay`.",
        )
        jobs = health.warning(system.service_url(service, "/health/ready"), "jobs")
        yield Finding(
            f"{service} does its jobs",
            jobs,
            f"Look at {system.url(f'/admin/{service}/jobs/job/', staff=True)}; make logs S={service}-worker",
        )


def _metrics(url: str) -> dict[str, float] | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
    except (OSError, urllib.error.URLError):
        return None
    return {found[1]: float(found[2]) for found in re.finditer(r"^(souk_\w+) ([\d.e+-]+)$", text, re.MULTILINE)}


def _databases(system: System) -> Iterator[Finding]:
    for path in sorted(system.home.data.glob("*.sqlite3")):
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as connection:
                answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.close()
        except sqlite3.Error as error:
            answer = str(error)
        wrong = "" if answer == "ok" else answer
        yield Finding(f"Database {path.stem}", wrong, "Restore it from a copy, or `make reset` to begin anew.")


def _engines(system: System) -> Iterator[Finding]:
    """Check the real engines, if the system runs on them or ENGINES=real is set."""
    folder = system.settings.engines or real_engines(system.home)
    if folder is None:
        return
    real = Real(folder)
    unwell = real.unwell()
    for name, engine in ENGINES.items():
        what = f"Engine {name}"
        if name in unwell:
            yield Finding(what, unwell[name], f"make engines   its log: {folder}/{name}/{name}.log")
            continue
        try:
            faults = list(engine.faults(real.place))
        except Exception as error:  # any error of its client means a problem
            yield Finding(what, f"cannot be examined ({type(error).__name__}: {error})", "make engines-status")
            continue
        yield from (Finding(what, fault.wrong, fault.advice) for fault in faults)
        if not faults:
            yield Finding(what)


def _options(system: System) -> Iterator[Finding]:
    try:
        options = json.loads(system.home.remembered.read_text())
    except (OSError, ValueError):
        return
    if options.get("without"):
        yield Finding("Started without", ", ".join(options["without"]), "make down, then make up starts everything")


CHECKS: tuple[Callable[[System], Iterator[Finding]], ...] = (
    _python,
    _installed,
    _disk,
    _ports,
    _options,
    _engines,
    _processes,
    _messages,
    _databases,
)
