"""The end of a web process: it says that it is leaving, answers a while longer, and ends as its server does.

Whoever sends requests needs a moment to hear of it: Consul, the endpoints of a cluster, connections that are kept open.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

_leaving = threading.Event()


def is_leaving() -> bool:
    """Whether this process was told to end: it is no longer ready, and keeps no connection open."""
    return _leaving.is_set()


def leave_first(leave: Callable[[], None], seconds: float) -> None:
    """On SIGTERM and SIGINT: leave, go on answering for some seconds, then do what the server does on the signal."""
    for number in (signal.SIGTERM, signal.SIGINT):
        _before(number, leave, seconds)


def _before(number: signal.Signals, leave: Callable[[], None], seconds: float) -> None:
    server_handler = signal.getsignal(number)

    def then() -> None:
        leave()
        time.sleep(seconds)
        os.kill(os.getpid(), number)  # to the main thread, not to this one

    def handle(received: int, frame: Any) -> None:
        if not _leaving.is_set():
            _leaving.set()
            threading.Thread(target=then, name="leaving", daemon=True).start()
        else:
            # A second signal, ours or an impatient person's.
            (server_handler if callable(server_handler) else signal.default_int_handler)(received, frame)

    signal.signal(number, handle)
