"""Redis 7 (Debian): cache, counters, channel layer, hints. Not a broker for money."""

from __future__ import annotations

import socket

from engines.daemon import Daemon
from engines.machine import apt_install
from engines.place import Place

NAME, VERSION = "redis", "7.0"


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
        return connection.recv(64)
