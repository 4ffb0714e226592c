"""Typed settings from the environment. Each read is remembered, so that `.env.example` can be checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

_MISSING = object()


class BadEnvironment(Exception):
    """A variable is missing or cannot be read; the text names it and says what is expected."""


@dataclass
class Env:
    """Reads variables. In `production` a default marked `unsafe` is refused."""

    source: Mapping[str, str] = field(default_factory=lambda: os.environ)
    read: set[str] = field(default_factory=set)

    @property
    def production(self) -> bool:
        return self.text("SOUK_ENV", "development") == "production"

    def text(self, name: str, default: str | object = _MISSING, *, unsafe: bool = False) -> str:
        """The variable's text. `unsafe`: the default is for a developer's machine only."""
        self.read.add(name)
        value = self.source.get(name, "")
        if value:
            return value
        if default is _MISSING:
            raise BadEnvironment(f"{name} is not set. See .env.example.")
        if unsafe and self.production:
            raise BadEnvironment(f"{name} must be set in production; its default is for development only.")
        assert isinstance(default, str)
        return default

    def integer(self, name: str, default: int) -> int:
        value = self.text(name, f"{default}")
        try:
            return int(value)
        except ValueError:
            raise BadEnvironment(f"{name} must be a whole number, not {value!r}.") from None

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, f"{default}")
        try:
            return float(value)
        except ValueError:
            raise BadEnvironment(f"{name} must be a number of seconds, not {value!r}.") from None

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, f"{default}").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise BadEnvironment(f"{name} must be true or false, not {value!r}.")

    def texts(self, name: str, default: str = "", *, unsafe: bool = False) -> list[str]:
        """Comma-separated."""
        return [part.strip() for part in self.text(name, default, unsafe=unsafe).split(",") if part.strip()]
