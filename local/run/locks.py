"""`make check`: every lock follows its projects, is pinned by hash and carries no address or path. Works offline."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from registry import ROOT, SERVICES

#: Our own libraries, which are in the repository.
_OWN = {"souk-chassis", "souk-testkit"}
#: A driver without a wheel, for which a machine needs a compiler.
_COMPILED = {"mysqlclient"}
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)[^\n]* \\")


@dataclass(frozen=True)
class Lock:
    """A lock file, and the requirements that it is compiled from."""

    file: Path
    requirements: tuple[str, ...]

    def problems(self) -> list[str]:
        """Return what is wrong with the lock, one line each."""
        name = self.file.relative_to(ROOT)
        if not self.file.exists():
            return [f"{name} is missing: make lock"]
        text = self.file.read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        found = [f"{name}: not a pinned requirement: {line}" for line in lines if not _PIN.fullmatch(line)]
        if text.count("--hash=sha256:") < len(lines):
            found.append(f"{name}: a package without a hash")
        pins = [(canonicalize_name(pin["name"]), Version(pin["version"])) for pin in map(_PIN.match, lines) if pin]
        for requirement in map(Requirement, self.requirements):
            wanted = canonicalize_name(requirement.name)
            versions = [version for package, version in pins if package == wanted]
            if not versions:
                found.append(f"{name} has no {wanted}: make lock")
            found += [
                f"{name} has {wanted} {version}, a project asks for {requirement.specifier}: make lock"
                for version in versions
                if version not in requirement.specifier
            ]
        return found

    def versions(self) -> dict[str, set[str]]:
        """Return the pinned versions by package; markers may choose among several."""
        found: dict[str, set[str]] = {}
        for pin in map(_PIN.match, self.file.read_text().splitlines()):
            if pin:
                found.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
        return found


def locks() -> list[Lock]:
    """Return every lock of the repository, as `lock.sh` compiles them."""
    chassis = _required(ROOT / "chassis")
    services = {service.path: _required(service.path) for service in SERVICES.values()}
    together = [*chassis, *(line for lines in services.values() for line in lines)]
    extras = [line for path in services for line in _extras(path)]
    wheels = [line for line in extras if Requirement(line).name not in _COMPILED]
    return [
        Lock(ROOT / "requirements.lock", (*together, *wheels, *_groups("run", "dev"), *_required(ROOT / "testkit"))),
        Lock(ROOT / "requirements-engines.lock", (*extras, *_groups("engines"))),
        *(Lock(path / "requirements.lock", (*chassis, *lines, *_extras(path))) for path, lines in services.items()),
    ]


def disagreements(locks: Collection[Lock]) -> list[str]:
    """Return each package that two locks pin at versions of which they share none."""
    first: dict[str, tuple[Path, set[str]]] = {}
    found = []
    for lock in locks:
        for package, versions in lock.versions().items():
            file, known = first.setdefault(package, (lock.file, versions))
            if not known & versions:
                names = f"{lock.file.relative_to(ROOT)} and {file.relative_to(ROOT)}"
                found.append(f"{names} have {package} at different versions: make lock")
    return found


def _project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def _required(folder: Path) -> list[str]:
    return _third_party(_project(folder)["project"]["dependencies"])


def _extras(folder: Path) -> list[str]:
    extras = _project(folder)["project"].get("optional-dependencies", {})
    return _third_party([line for lines in extras.values() for line in lines])


def _groups(*names: str) -> list[str]:
    groups = _project(ROOT)["dependency-groups"]
    return [line for name in names for line in groups[name]]


def _third_party(lines: Collection[str]) -> list[str]:
    return [line for line in lines if Requirement(line).name not in _OWN]


def main() -> int:
    """Print what is wrong with the locks."""
    every = locks()
    found = [problem for lock in every for problem in lock.problems()] or disagreements(every)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
