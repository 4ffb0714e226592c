"""The folder and the ports of a system."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from registry import ROOT, SERVICES

DEFAULT_PORT_BASE = 8080

#: The longest path of a Unix socket on every system.
_LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class Ports:
    """The ports of a system, derived from one base, so that two systems can run at the same time."""

    base: int = DEFAULT_PORT_BASE

    @property
    def gateway(self) -> int:
        return self.base

    @property
    def staff(self) -> int:
        return self.base + 1

    def of(self, service: str) -> int:
        return self.base + SERVICES[service].port

    def metrics_of(self, service: str) -> int:
        """The port at which the service's worker answers Prometheus."""
        return self.of(service) + 10

    @property
    def redis(self) -> int:
        return self.base + 99

    @property
    def sandbox(self) -> int:
        return self.base + 110

    @property
    def smtp(self) -> int:
        return self.base + 111

    def all(self) -> dict[str, int]:
        """Return the port of each listening process by its name."""
        return {
            "gateway": self.gateway,
            "gateway (staff)": self.staff,
            **{f"{service}-web": self.of(service) for service in SERVICES},
            **{f"{service}-worker (metrics)": self.metrics_of(service) for service in SERVICES},
            "redis": self.redis,
            "sandbox": self.sandbox,
            "sandbox (SMTP)": self.smtp,
        }


@dataclass(frozen=True)
class Home:
    """The folder that contains everything of a system."""

    path: Path

    @property
    def data(self) -> Path:
        """Databases. `make reset` clears it."""
        return self.path / "data"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def state(self) -> Path:
        """The folder of pid files, supervisor's configuration and stamps."""
        return self.path / "run"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.env"

    @property
    def static(self) -> Path:
        return self.path / "static"

    @property
    def media(self) -> Path:
        return self.path / "media"

    @property
    def gateway(self) -> Path:
        return self.path / "gateway"

    @property
    def sandbox(self) -> Path:
        return self.data / "sandbox"

    @property
    def remembered(self) -> Path:
        """The file with the options of the last start, so that `down` and `status` need none."""
        return self.state / "system.json"

    @property
    def supervisor_socket(self) -> Path:
        path = self.state / "supervisor.sock"
        if len(str(path)) < _LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(str(self.path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"souk-{os.getuid()}-{name}.sock"

    def make(self) -> None:
        for folder in (self.data, self.logs, self.state, self.static, self.media, self.gateway, self.sandbox):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)


def default_home() -> Home:
    return Home(Path(os.environ.get("SOUK_HOME") or ROOT / "var").absolute())


def real_engines(home: Home, *, wanted: str | None = None) -> Path | None:
    """Return the folder of the real engines if wanted (or SOUK_ENGINES=real), or None for the embedded ones."""
    if (wanted or os.environ.get("SOUK_ENGINES") or "embedded") == "embedded":
        return None
    return Path(os.environ.get("SOUK_ENGINES_HOME") or home.path / "engines").absolute()


def project_folder(service: str) -> Path:
    return SERVICES[service].path
