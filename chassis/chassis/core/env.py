"""Typed settings from the environment. Each read is remembered, so that `.env.example` can be checked."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MISSING = object()
MODES = ("development", "staging", "production")
#: Hosts that are reserved for examples (RFC 2606).
_EXAMPLE = re.compile(r"(?:^|[/@.])example(?:\.(?:com|net|org))?(?:[:/>?#\s]|$)", re.IGNORECASE)


class BadEnvironment(Exception):
    """A variable is missing or invalid; the message names it and states what is expected."""


@dataclass
class Env:
    """Reads variables, or the files that `NAME_FILE` names.

    Production rejects values for development. Staging has the same rules, with the providers' test keys.
    """

    source: Mapping[str, str] = field(default_factory=lambda: os.environ)
    read: set[str] = field(default_factory=set)

    @property
    def production(self) -> bool:
        """Whether all protections of production are on, as they are in staging too."""
        return self._mode() != "development"

    @property
    def staging(self) -> bool:
        return self._mode() == "staging"

    def text(self, name: str, default: str | object = _MISSING, *, unsafe: bool = False) -> str:
        """Return the variable's text. `unsafe`: the default is for development only."""
        self.read.add(name)
        value = self._given(name)
        if value:
            return value
        if default is _MISSING:
            raise BadEnvironment(f"{name} is not set. See .env.example.")
        if unsafe and self.production:
            raise BadEnvironment(f"{name} must be set in production; its default is for development only.")
        assert isinstance(default, str)
        return default

    def secret(self, name: str, default: str) -> str:
        """Return a secret. Production rejects the public default, even when it is set explicitly."""
        value = self.text(name, default, unsafe=True)
        self.check_own(name, value, default)
        return value

    def secrets(self, name: str, default: str) -> list[str]:
        """Return comma-separated secrets."""
        values = self.texts(name, default, unsafe=True)
        for value in values:
            self.check_own(name, value, default)
        return values

    def check_own(self, name: str, value: str, default: str) -> None:
        """Raise BadEnvironment when production has the public default of the repository."""
        if self.production and value == default:
            raise BadEnvironment(f"{name} is the one of the repository, which everybody knows; make one of your own.")

    def address(self, name: str, default: str, *, unsafe: bool = True) -> str:
        """Return a URL or a mail address. Production rejects domains that are reserved for examples."""
        value = self.text(name, default, unsafe=unsafe)
        if self.production and _EXAMPLE.search(value):
            raise BadEnvironment(f"{name} is {value}, an address for examples; name your own.")
        return value

    def provider(self, name: str, default: str, *, among: Collection[str], sandbox: str = "sandbox") -> str:
        """Return a provider's name, one of `among`. Production rejects the sandbox."""
        value = self.text(name, default, unsafe=True)
        self._check_provider(name, value, among, sandbox)
        return value

    def providers(self, name: str, default: str, *, among: Collection[str], sandbox: str = "sandbox") -> list[str]:
        """Return comma-separated names of providers, at least one, each checked as by `provider`."""
        values = list(dict.fromkeys(self.texts(name, default, unsafe=True)))
        if not values:
            raise BadEnvironment(f"{name} names no provider; there are: {', '.join(among)}.")
        for value in values:
            self._check_provider(name, value, among, sandbox)
        return values

    def _check_provider(self, name: str, value: str, among: Collection[str], sandbox: str) -> None:
        if value not in among:
            raise BadEnvironment(f"{name} is {value!r}; there are: {', '.join(among)}.")
        if self.production and value == sandbox:
            raise BadEnvironment(f"{name} is {sandbox}, which does nothing in the real world; name a real provider.")

    def integer(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        value = self.text(name, f"{default}")
        try:
            number = int(value)
        except ValueError:
            raise BadEnvironment(f"{name} must be a whole number, not {value!r}.") from None
        _check_bounds(name, number, least, most)
        return number

    def seconds(self, name: str, default: float, *, least: float = 0, most: float | None = None) -> float:
        value = self.text(name, f"{default}")
        try:
            number = float(value)
        except ValueError:
            raise BadEnvironment(f"{name} must be a number of seconds, not {value!r}.") from None
        if not math.isfinite(number):
            raise BadEnvironment(f"{name} must be a number of seconds, not {value!r}.")
        _check_bounds(name, number, least, most)
        return number

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, f"{default}").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise BadEnvironment(f"{name} must be true or false, not {value!r}.")

    def texts(self, name: str, default: str = "", *, unsafe: bool = False) -> list[str]:
        """Return comma-separated values."""
        return [part.strip() for part in self.text(name, default, unsafe=unsafe).split(",") if part.strip()]

    def _mode(self) -> str:
        mode = self.text("SOUK_ENV", "development")
        if mode not in MODES:
            raise BadEnvironment(f"SOUK_ENV is {mode!r}; there are: {', '.join(MODES)}.")
        return mode

    def _given(self, name: str) -> str:
        value, path = self.source.get(name, ""), self.source.get(f"{name}_FILE", "")
        if not path:
            return value
        if value:
            raise BadEnvironment(f"{name} and {name}_FILE are both set; set one of them.")
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise BadEnvironment(f"{name}_FILE is {path}, which cannot be read: {error}.") from None
        if not content:
            raise BadEnvironment(f"{name}_FILE is {path}, which is empty.")
        return content


def _check_bounds(name: str, number: float, least: float, most: float | None) -> None:
    if number < least or (most is not None and number > most):
        allowed = f"at least {least:g}" if most is None else f"{least:g} to {most:g}"
        raise BadEnvironment(f"{name} must be {allowed}, not {number:g}.")
