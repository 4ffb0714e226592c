"""The folder, ports and passwords of one system's engines, chosen once and stored."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.machine import free_port


@dataclass(frozen=True)
class Place:
    """The home of the engines. The servers' own users must be able to enter `folder`."""

    folder: Path

    def engine(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    def port(self, name: str) -> int:
        return int(self._remember(f"port:{name}", free_port))

    def password(self, name: str) -> str:
        return str(self._remember(f"password:{name}", lambda _: secrets.token_hex(16)))

    def _remember(self, key: str, make: Callable[[set[Any]], Any]) -> Any:
        """Return a stored value, or choose and store it under a lock, because engines start in parallel."""
        file = self.folder / "engines.json"
        known = _read(file)
        if key not in known:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "engines.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                known = _read(file)
                if key not in known:
                    known[key] = make(set(known.values()))
                    _write(file, known)
        return known[key]


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _write(file: Path, known: dict[str, Any]) -> None:
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(known, out, indent=1)
    draft.replace(file)
