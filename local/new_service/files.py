"""The files of a new service, from `template/`, and its place in the registry, the gateway and the locks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from registry import FILE, PORTS, ROOT, Service

TEMPLATE = Path(__file__).with_name("template")
#: The ending of a template's name.
_ENDING = ".in"
#: A package of a lock with its hashes.
_PIN = re.compile(r"^(?P<name>[\w.-]+)==.*?(?=^[\w.-]+==|\Z)", re.MULTILINE | re.DOTALL)


class NameTaken(Exception):
    """There is a service of that name, or no port is left."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """`wishes`, and one of them: `wish`."""

    name: str
    item: str

    @property
    def folder(self) -> str:
        return f"{self.item}_service"

    def words(self, port: int) -> dict[str, str]:
        """Return the words of the templates."""
        return {
            "name": self.name,
            "Names": self.name.capitalize(),
            "item": self.item,
            "Item": self.item.capitalize(),
            "folder": self.folder,
            "port": f"{port}",
            "local_port": f"{8080 + port}",
        }


def singular(plural: str) -> str:
    """Return the singular of a regular English plural; empty when it looks like none."""
    for ending, replacement in (("ies", "y"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("sses", "ss")):
        if plural.endswith(ending):
            return plural.removesuffix(ending) + replacement
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else ""


def write(names: Names, services: Mapping[str, Service]) -> Iterator[Path]:
    """Write the service and yield each path. Raises NameTaken."""
    folders = {service.folder for service in services.values()}
    if names.name in services or names.folder in folders or (ROOT / names.folder).exists():
        raise NameTaken(f"there is a service {names.name}, or a folder {names.folder}/")
    free = sorted(set(PORTS) - {service.port for service in services.values()})
    if not free:
        raise NameTaken("all ports of PORTS in local/registry.py are in use")
    words = names.words(free[0])
    for source in sorted(TEMPLATE.rglob(f"*{_ENDING}")):
        relative = Template(str(source.relative_to(TEMPLATE)).removesuffix(_ENDING)).substitute(words)
        yield _written(ROOT / names.folder / relative, Template(source.read_text()).substitute(words))
    yield _written(ROOT / names.folder / "requirements.lock", _lock(services))
    route = (TEMPLATE.parent / "route.conf.in").read_text()
    yield _written(ROOT / f"gateway/gateway/templates/routes/{names.name}.conf", Template(route).substitute(words))
    entry = (TEMPLATE.parent / "services.toml.in").read_text()
    yield _written(FILE, f"{FILE.read_text()}\n{Template(entry).substitute(words)}")


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path.relative_to(ROOT)


def _lock(services: Mapping[str, Service]) -> str:
    """Return the lock of the chassis and PostgreSQL's driver: what the services' own locks agree on."""
    locks = [(service.path / "requirements.lock").read_text() for service in services.values()]
    pins = [{pin["name"]: pin[0] for pin in _PIN.finditer(lock)} for lock in locks]
    agreed = set.intersection(*(set(each.values()) for each in pins))
    driver = {each["psycopg2-binary"] for each in pins if "psycopg2-binary" in each}
    heading = locks[0][: next(_PIN.finditer(locks[0])).start()]
    return heading + "".join(sorted(agreed | driver))
