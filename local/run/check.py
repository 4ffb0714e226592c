"""`make check`: lint, format, types, import contracts, the gateway's configuration, locks, generated documents."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from run import documents
from run.layout import ROOT, SERVICES

console = Console(highlight=False, soft_wrap=True)
_BIN = Path(sys.executable).parent

#: Every package whose types are checked.
PACKAGES = ("chassis", "testkit", *SERVICES, "gateway", "engines", "run", "sandbox")


def main() -> int:
    bad = [name for name, check in CHECKS if not _told(name, check)]
    console.print(f"[bold red]{', '.join(bad)}: not good[/]" if bad else "[bold green]All checks are good.[/]")
    return 1 if bad else 0


def _told(name: str, check: Callable[[], str | None]) -> bool:
    """A check answers "" when all is well, None when it cannot run today, else what is wrong."""
    began = time.monotonic()
    wrong = check()
    seconds = time.monotonic() - began
    if wrong is None:
        console.print(f"[bold yellow]NOT RUN[/] {name}: it is not there yet")
        return True
    state = "[red]FAILED[/]" if wrong else "[green]ok[/]    "
    console.print(f"{state} {name} ({seconds:.0f} s)")
    if wrong:
        console.print(wrong, markup=False)
    return not wrong


def _lint() -> str:
    return _output_of(_BIN / "ruff", "check", "--quiet", ".")


def _format() -> str:
    return _output_of(_BIN / "ruff", "format", "--check", "--quiet", ".")


def _types() -> str:
    folders = ("chassis", "testkit", *SERVICES.values(), "local", "sandbox", "gateway")
    packages = [word for package in PACKAGES for word in ("-p", package)]
    return _output_of(_BIN / "mypy", "--no-error-summary", *packages, MYPYPATH=":".join(folders))


def _imports() -> str | None:
    if not (ROOT / ".importlinter").exists() and "[tool.importlinter]" not in (ROOT / "pyproject.toml").read_text():
        return None
    folders = ("chassis", "testkit", *SERVICES.values(), "local", "sandbox", "gateway")
    return _output_of(_BIN / "lint-imports", PYTHONPATH=os.pathsep.join(str(ROOT / folder) for folder in folders))


def _gateway() -> str:
    """nginx reads the configuration, and the linter finds nothing: with addresses of its own, and with Consul's."""
    return "\n".join(filter(None, map(_wrong_with_gateway, ("", "127.0.0.1:8600"))))


#: `$http_host` keeps the port, and each service takes only its ALLOWED_HOSTS; `try_files` serves three small pages.
_NOT_LINTED = "host_spoofing,try_files_is_evil_too"


def _wrong_with_gateway(consul_dns: str) -> str:
    with tempfile.TemporaryDirectory() as home:
        settings = {"GATEWAY_HOME": home, "CONSUL_DNS": consul_dns, "PYTHONPATH": str(ROOT / "gateway")}
        return _output_of(sys.executable, "-m", "gateway", "check", **settings) or _output_of(
            _BIN / "gixy", "--skips", _NOT_LINTED, f"{home}/nginx.conf"
        )


def _documents() -> str:
    done = documents.event_catalogue("--check")
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


def _locks() -> str:
    """Every lock is pinned by hash, and carries no address and no path."""
    wrong = []
    for lock in (ROOT / "requirements.lock", *(ROOT / folder / "requirements.lock" for folder in SERVICES.values())):
        text = lock.read_text() if lock.exists() else ""
        name = lock.relative_to(ROOT)
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        if not pins:
            wrong.append(f"{name} is missing or empty: make lock")
        wrong += [f"{name}: {line}" for line in pins if "==" not in line or "://" in line or not line.endswith("\\")]
        if text.count("--hash=sha256:") < len(pins):
            wrong.append(f"{name}: a package without a hash")
    return "\n".join(wrong)


CHECKS: tuple[tuple[str, Callable[[], str | None]], ...] = (
    ("lint (ruff check)", _lint),
    ("format (ruff format --check)", _format),
    ("types (mypy)", _types),
    ("import contracts (lint-imports)", _imports),
    ("gateway (nginx -t, gixy)", _gateway),
    ("locks", _locks),
    ("generated documents", _documents),
)


def _output_of(*command: object, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
