"""How long a process waits for an engine that does not answer.

A server's own limits do not help when the server hangs, nor does TCP: the kernel of a stopped process still
acknowledges. So the client counts.
"""

from __future__ import annotations

import select
import sys
from importlib.util import find_spec
from typing import Any

#: Seconds until somebody must have taken the connection.
CONNECT = 5
#: Seconds for one answer: a little more than what the servers themselves allow a statement.
ANSWER = 35


def options(engine: str) -> dict[str, Any]:
    """Of DATABASES: the client's own limits. A migration may take as long as it takes; connecting may not."""
    answer = None if sys.argv[1:2] == ["migrate"] else ANSWER
    if "mongodb" in engine:
        return {
            "connectTimeoutMS": CONNECT * 1000,
            "serverSelectionTimeoutMS": CONNECT * 1000,
            # A read is tried twice.
            **({"socketTimeoutMS": answer * 500} if answer else {}),
        }
    if "mysql" in engine:
        limits = {"read_timeout": answer, "write_timeout": answer} if answer else {}
        return {"connect_timeout": CONNECT, **limits}
    if "postgresql" in engine:
        limit_postgresql(answer)
        alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
        return {"connect_timeout": CONNECT, **alive}
    return {}


def limit_postgresql(answer: float | None) -> None:
    """libpq has no limit for reading: wait for its socket in its place. For all connections of this process.

    psycopg2 closes a connection whose wait has raised.
    """
    if find_spec("psycopg2") is None:
        return  # Django says so when it connects
    import psycopg2
    from psycopg2 import extensions

    waits = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = CONNECT if connection.status == extensions.STATUS_SETUP else answer
            socket = select.poll()
            socket.register(connection.fileno(), waits[state])
            if not socket.poll(seconds and seconds * 1000):
                raise psycopg2.OperationalError(f"PostgreSQL has not answered within {seconds} s")

    extensions.set_wait_callback(wait)
