"""The end of a web process: it says that it is leaving, answers a while longer, and ends as its server does.

Whoever sends requests needs a moment to hear of it: Consul, the endpoints of a cluster, connections that are kept open.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]

_leaving = threading.Event()


def is_shutting_down() -> bool:
    """Whether this process was told to end: it is no longer ready, and keeps no connection open."""
    return _leaving.is_set()


def before_shutdown(leave: Callable[[], None], seconds: float, *, ended_by: signal.Signals | None = None) -> None:
    """On SIGTERM and SIGINT: leave, go on answering for some seconds, then do what the server does on the signal.

    `ended_by`: the signal that ends the server in order, when it is not the one that came.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        _before(number, ended_by or number, leave, seconds)


def close_connections(application: Application) -> Application:
    """An ASGI application whose answers close their connections while the process is leaving."""

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
        os.kill(os.getpid(), ended_by)  # to the main thread, not to this one

    def handle(received: int, frame: Any) -> None:
        if not _leaving.is_set():
            _leaving.set()
            threading.Thread(target=then, name="leaving", daemon=True).start()
        else:
            # A second signal, ours or an impatient person's.
            (server_handler if callable(server_handler) else signal.default_int_handler)(received, frame)

    signal.signal(number, handle)
