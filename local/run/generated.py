"""Generated parts: what lists the services and cannot read `services.toml` itself. `make registry` writes them.

A part is between a line with `services: NAME` and a line with `end of services`; its name is a key of PARTS.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from registry import ROOT, SERVICES, Service

FILES = (
    "pyproject.toml",
    "README.md",
    "local/README.md",
    "gateway/.env.example",
    "user_service/.env.example",
    "user_service/users/config/settings.py",
)

_PART = re.compile(
    r"(?P<begin>^[^\n]*\bservices: (?P<name>\w+)[^\n]*\n)(?P<body>.*?)(?P<end>^[^\n]*\bend of services\b)",
    re.MULTILINE | re.DOTALL,
)
_LIBRARIES = ("chassis", "testkit")
_ENGINES = {
    "mongodb": "MongoDB",
    "mariadb": "MySQL / MariaDB",
    "postgresql": "PostgreSQL",
    "elasticsearch": "Elasticsearch",
}

Services = Mapping[str, Service]


def main(arguments: list[str]) -> int:
    """Write the parts; with `--check`, print the files whose parts are not up to date."""
    stale = stale_files()
    if "--check" not in arguments:
        for name, text in stale.items():
            (ROOT / name).write_text(text)
            print(f"{name}: written")
        return 0
    for name in stale:
        print(f"{name} does not follow services.toml: make registry")
    return 1 if stale else 0


def stale_files(services: Services = SERVICES, root: Path = ROOT) -> dict[str, str]:
    """Return each file whose parts do not follow the registry, with the text that it should have."""
    found = {}
    for name in FILES:
        text = (root / name).read_text()
        if not _PART.search(text):
            raise ValueError(f"{name} has no generated part")
        if (wanted := with_parts(text, services)) != text:
            found[name] = wanted
    return found


def with_parts(text: str, services: Services) -> str:
    """Return the text with each generated part replaced."""
    return _PART.sub(lambda part: part["begin"] + PARTS[part["name"]](services) + part["end"], text)


def _names(key: str, *first: str) -> Callable[[Services], str]:
    """Return the writer of a TOML list of names."""
    return lambda services: f"{key} = {_listed(*first, *services)}\n"


def _listed(*names: str) -> str:
    return f"[{', '.join(json.dumps(name) for name in names)}]"


def _table(services: Services) -> str:
    rows = [
        f"| [{service.name}]({service.folder}/README.md) | {service.owns} "
        f"| {', '.join(_ENGINES[engine] for engine in (service.engine, service.search) if engine)} |\n"
        for service in services.values()
    ]
    return "".join(["| service | owns | real engine |\n|---|---|---|\n", *rows])


def _ports(services: Services) -> str:
    rows = [f"| {each.name} | base + {each.port} | base + {each.port + 10} |\n" for each in services.values()]
    return "".join(["| service | web | metrics of its worker |\n|---|---|---|\n", *rows])


def _upstreams(services: Services) -> str:
    return "".join(f"{each.name.upper()}_UPSTREAM=127.0.0.1:{8080 + each.port}\n" for each in services.values())


PARTS: Mapping[str, Callable[[Services], str]] = {
    "root_packages": _names("root_packages", *_LIBRARIES),
    "modules": _names("modules"),
    "forbidden_modules": _names("forbidden_modules"),
    "containers": _names("containers"),
    "first_party": _names("known-first-party", *_LIBRARIES, "sandbox"),
    "table": _table,
    "ports": _ports,
    "upstreams": _upstreams,
    "personal_data": lambda services: f"PERSONAL_DATA_SERVICES={','.join(services)}\n",
    "personal_data_setting": lambda services: f'    "{",".join(services)}",\n',
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
