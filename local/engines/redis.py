"""Redis 7 (Debian): cache, counters, channel layer, hints. Not a broker for money."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import apt_install
from engines.place import Place

NAME, VERSION = "redis", "7.0"
#: The channel layer and the cache ask for it.
LEAST = "6.2"


def install() -> None:
    apt_install("redis-server")


def url(place: Place) -> str:
    return f"redis://127.0.0.1:{place.port(NAME)}/0"


def daemon(place: Place) -> Daemon:
    folder, port = place.engine(NAME), place.port(NAME)
    options = {"bind": "127.0.0.1", "port": port, "dir": folder, "appendonly": "yes", "save": "", "daemonize": "no"}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return Daemon(name=NAME, folder=folder, command=["/usr/bin/redis-server", *words], check=lambda: _check(port))


def start(place: Place) -> Daemon:
    server = daemon(place)
    server.start()
    return server


def empty(place: Place) -> None:
    _ask(place.port(NAME), b"FLUSHALL")


def _check(port: int) -> str:
    try:
        answer = _ask(port, b"PING")
    except OSError as error:
        return str(error)
    return "" if answer.startswith(b"+PONG") else answer.decode(errors="replace")


def _ask(port: int, command: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(command + b"\r\n")
        return connection.recv(65_536)


def faults(place: Place) -> Iterator[Fault]:
    """Version, whether it can be written to, and what it does when it is full."""
    port = place.port(NAME)
    told = _ask(port, b"INFO server").decode() + _ask(port, b"INFO replication").decode()
    facts = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    yield from too_old(facts["redis_version"], LEAST)
    if facts["role"] != "master":
        yield Fault(
            "it is a copy of another and cannot be written to", "REPLICAOF NO ONE, or name the master in REDIS_URL"
        )
    answer = _ask(port, b"SET souk:doctor 1 EX 10").decode(errors="replace").strip()
    if facts["role"] == "master" and answer != "+OK":
        yield Fault(f"it takes nothing: {answer.removeprefix('-')}", "Free memory or disk, or raise maxmemory")
    policy = _ask(port, b"CONFIG GET maxmemory-policy").decode().split("\r\n")[-2]
    if policy != "noeviction":
        yield Fault(
            f"when it is full it forgets ({policy}): limits and revocations, too",
            "CONFIG SET maxmemory-policy noeviction",
        )
