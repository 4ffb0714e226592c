"""Elasticsearch 9.5, built from Maven artifacts by `elasticsearch/start`. Production uses the official distribution."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.place import Place

NAME, VERSION = "elasticsearch", "9.5.3"
#: The client has the same major version.
LEAST = "9.0"
#: The name that the review service uses.
ALIAS = "souk-reviews"
_START = Path(__file__).parent / "elasticsearch" / "start"


def install() -> None:
    """Build what is missing; the first run on a machine downloads the jars."""


def url(place: Place) -> str:
    return f"http://127.0.0.1:{place.port(NAME)}"


def daemon(place: Place) -> Daemon:
    folder = place.engine(NAME)
    passed_on = {
        name: os.environ[name] for name in ("XDG_CACHE_HOME", "SOUK_JAVA_HOME", "JAVA_HOME") if name in os.environ
    }
    return Daemon(
        name=NAME,
        folder=folder,
        command=[str(_START), str(folder), str(place.port(NAME)), str(place.port("elasticsearch-transport"))],
        check=lambda: _check(place),
        environment={"HOME": str(Path.home()), **passed_on},
        patience=300,
    )


def start(place: Place) -> Daemon:
    server = daemon(place)
    server.start()
    return server


def empty(place: Place) -> None:
    """Delete each index by name: this node has no wildcard deletion."""
    with urllib.request.urlopen(f"{url(place)}/_alias", timeout=10) as answer:
        names = [name for name in json.load(answer) if name.startswith("souk-")]
    for name in names:
        urllib.request.urlopen(urllib.request.Request(f"{url(place)}/{name}", method="DELETE"), timeout=10).close()


def _check(place: Place) -> str:
    try:
        with urllib.request.urlopen(f"{url(place)}/_cluster/health", timeout=2) as answer:
            return "" if b'"status":"red"' not in answer.read() else "the cluster is red"
    except OSError as error:
        return str(error)


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, the health, and that the alias of review search points to exactly one writable index."""
    for node in _asked(place, "/_nodes")["nodes"].values():
        yield from too_old(node["version"], LEAST)
    if _asked(place, "/_cluster/health")["status"] == "red":
        yield Fault(
            "the cluster is red: some of the index is away",
            "Start its nodes; then manage.py rebuild_search fills it anew",
        )
    names = [name for name, index in _asked(place, "/_alias").items() if ALIAS in index["aliases"]]
    if len(names) > 1:
        yield Fault(
            f"the alias {ALIAS} leads to {', '.join(sorted(names))}", "manage.py rebuild_search makes it lead to one"
        )
    for name in names:
        blocks = _asked(place, f"/{name}/_settings")[name]["settings"]["index"].get("blocks", {})
        if "true" in blocks.values():
            yield Fault(
                f"the index {name} cannot be written to: {blocks}",
                "Free disk; it then opens by itself, or unset the block",
            )


def _asked(place: Place, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url(place)}{path}", timeout=5) as answer:
        return dict(json.load(answer))
