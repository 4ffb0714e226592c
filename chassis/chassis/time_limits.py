"""Time limits of a client for an engine that does not answer.

Neither a server's own limits nor TCP help when the server hangs: the kernel of a stopped process still acknowledges.
"""

from __future__ import annotations

import select
import sys
from importlib.util import find_spec
from typing import Any

#: Seconds to connect.
CONNECT = 5
#: Seconds for one answer: slightly more than the servers allow for a statement.
ANSWER = 35


def options(engine: str) -> dict[str, Any]:
    """Return the OPTIONS of DATABASES with the client's limits. A migration has no limit for answers."""
    answer = None if sys.argv[1:2] == ["migrate"] else ANSWER
    if "mongodb" in engine:
        return {
            "connectTimeoutMS": CONNECT * 1000,
            "serverSelectionTimeoutMS": CONNECT * 1000,
            # The driver tries a read twice.
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
    """Limit the wait for an answer on all PostgreSQL connections of this process; libpq has no such limit.

    psycopg2 closes a connection whose wait raised.
    """
    if find_spec("psycopg2") is None:
        return  # Django reports it when it connects
    import psycopg2
    from psycopg2 import extensions

    connected = {extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED}
    waits = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = answer if connection.status in connected else CONNECT
            socket = select.poll()
            socket.register(connection.fileno(), waits[state])
            if not socket.poll(seconds and seconds * 1000):
                raise psycopg2.OperationalError(f"PostgreSQL has not answered within {seconds} s")

    extensions.set_wait_callback(wait)
