"""The routes, read from the rendered configuration, so that tests cover every new one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

_LOCATION = re.compile(r"^\s*location (?P<pattern>[^{]+?)\s*\{(?P<body>(?:[^{}]|\{[^{}]*\})*)\}", re.MULTILINE)
_PASSING = ("proxy.conf", "protected.conf", "cached.conf", "webhook.conf")


@dataclass(frozen=True)
class Route:
    file: str
    pattern: str
    body: str

    @property
    def includes_headers(self):
        """Return whether one of its includes is, or contains, proxy.conf."""
        return any(f"include {name};" in self.body for name in _PASSING)

    @property
    def protected(self):
        return "include protected.conf;" in self.body

    @property
    def staff_only(self):
        return self.file.startswith(("each_service", "staff"))

    @property
    def proxied(self):
        return "proxy_pass " in self.body

    def prefixes(self):
        """Return the addresses without their last slash, where nginx adds it."""
        plain = self.proxied and not {"=", "~"} & set(self.pattern.split())
        return [self.pattern.rstrip("/")] if plain else self.paths() if "return 308" in self.body else []

    def paths(self):
        """Return addresses that lead to this location; none for named and internal locations."""
        if self.pattern.startswith("@") or "internal;" in self.body:
            return []
        kind, _, rest = self.pattern.rpartition(" ")
        if kind == "=":
            return [rest]
        if kind == "~":
            end = "" if rest.endswith("$") else "x"
            rest = re.sub(r"\?<\w+>", "", rest).replace("[^/]+", "x").replace(r"[\w-]+", "x").replace(".*", "x")
            rest = re.sub(r"\([^()]*\)\?", "", rest)
            rest = rest.strip("^$").replace("s?/", "s/")
            parts = [part.strip("()").split("|") for part in re.split(r"(\([^()]*\))", rest) if part]
            return [f"{''.join(chosen)}{end}" for chosen in product(*parts)]
        return [f"{rest}x"]


def all_routes(configuration):
    return [
        Route(file, found["pattern"].strip(), found["body"])
        for file, text in sorted(configuration.items())
        for found in _LOCATION.finditer(re.sub(r"#.*", "", text))
    ]


def proxied_routes(configuration):
    return [route for route in all_routes(configuration) if route.proxied]
