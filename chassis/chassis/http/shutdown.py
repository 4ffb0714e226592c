"""Graceful shutdown of a web process: it reports that it is leaving, serves for a while, and then stops.

Clients need that time to notice: Consul, the endpoints of a cluster, open keep-alive connections.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]

_shutting_down = threading.Event()


def is_shutting_down() -> bool:
    """Return whether this process is shutting down: not ready, and closing its connections."""
    return _shutting_down.is_set()


def before_shutdown(leave: Callable[[], None], seconds: float, *, ended_by: signal.Signals | None = None) -> None:
    """On SIGTERM and SIGINT call `leave`, serve for `seconds` more, then let the server handle the signal.

    `ended_by`: the signal for an orderly end of the server, if it differs from the received one.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        _before(number, ended_by or number, leave, seconds)


def close_connections(application: Application) -> Application:
    """Return the ASGI application with `Connection: close` on responses during shutdown."""

    async def closes(scope: Any, receive: Any, send: Any) -> None:
        async def send_closing(message: Any) -> None:
            if is_shutting_down() and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        await application(scope, receive, send_closing)

    return closes


def _before(number: signal.Signals, ended_by: signal.Signals, leave: Callable[[], None], seconds: float) -> None:
    server_handler = signal.getsignal(number)

    def then() -> None:
        leave()
        time.sleep(seconds)
        os.kill(os.getpid(), ended_by)  # delivered to the main thread

    def handle(received: int, frame: Any) -> None:
        if not _shutting_down.is_set():
            _shutting_down.set()
            threading.Thread(target=then, name="shutdown", daemon=True).start()
        else:
            # The second signal, from this process or from a user.
            (server_handler if callable(server_handler) else signal.default_int_handler)(received, frame)

    signal.signal(number, handle)
