"""The services of Souk, as `services.toml` lists them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "services.toml"

#: Web processes have these ports above the system's first one, and the metrics of workers the next ten.
PORTS = range(21, 31)
ENGINES = ("postgresql", "mariadb", "mongodb")


class InvalidRegistry(Exception):
    """`services.toml` cannot be used; the text names the service and what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Service:
    name: str
    folder: str
    port: int
    engine: str
    prefixes: list[str]
    color: str
    owns: str
    search: str = ""

    @property
    def path(self) -> Path:
        return ROOT / self.folder


def read(file: Path = FILE) -> dict[str, Service]:
    """Return the services by name, in the order of the file. Raises InvalidRegistry."""
    services = {name: _service(name, fields) for name, fields in tomllib.loads(file.read_text()).items()}
    for what in ("folder", "port"):
        values = [getattr(service, what) for service in services.values()]
        if twice := {value for value in values if values.count(value) > 1}:
            raise InvalidRegistry(f"two services have the {what} {twice.pop()}")
    return services


def on(engine: str) -> tuple[str, ...]:
    """Return the names of the services whose database is on this engine."""
    return tuple(name for name, service in SERVICES.items() if service.engine == engine)


def _service(name: str, fields: dict[str, object]) -> Service:
    try:
        service = Service(name=name, **fields)  # type: ignore[arg-type]
    except TypeError as error:
        raise InvalidRegistry(f"{name}: {error}") from None
    if not re.fullmatch(r"[a-z]+", name) or not re.fullmatch(r"[a-z]+_service", service.folder):
        raise InvalidRegistry(f"{name}: a name is one lowercase word, a folder is such a word and _service")
    if service.port not in PORTS:
        raise InvalidRegistry(f"{name}: the port is one of {PORTS.start} to {PORTS.stop - 1}")
    if service.engine not in ENGINES:
        raise InvalidRegistry(f"{name}: the engine is one of {', '.join(ENGINES)}")
    return service


SERVICES = read()


if __name__ == "__main__":
    print(*(service.folder for service in SERVICES.values()))
