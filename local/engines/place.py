"""Where the engines of one system live: folder, ports and passwords, chosen once and remembered."""

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
    """`folder` must be reachable by the servers' own users."""

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
        """Engines start side by side, so whoever chooses something new does it alone."""
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
