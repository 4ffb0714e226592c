"""The web process of a service: `python -m chassis.http.server orders.config.wsgi:application`.

One process with a few threads, by cheroot. On SIGTERM or SIGINT it shuts down (see `chassis.http.shutdown`): it
accepts no new connection, answers the requests that arrived, and exits with status 0.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from cheroot.wsgi import Server

from chassis.http.shutdown import is_shutting_down

log = structlog.get_logger(__name__)

#: Seconds. The gateway closes idle connections earlier, so that none closes during a request.
IDLE = 15
#: Seconds for active requests after the last connection was accepted; with the time before, less than 25.
FINISH = 15
#: Connections waiting to be accepted.
BACKLOG = 1024
#: Bytes. The gateway's limits are lower.
LARGEST_HEADER, LARGEST_BODY = 64 * 1024, 16 * 1024 * 1024


class WebServer(Server):
    """Keeps connections open until shutdown; then each response closes its connection."""

    keep_alive_conn_limit = sys.maxsize
    _connections: Any
    max_request_header_size, max_request_body_size = LARGEST_HEADER, LARGEST_BODY

    @property
    def can_add_keepalive_connection(self) -> bool:
        return bool(super().can_add_keepalive_connection) and not is_shutting_down()

    def stop(self) -> None:
        """Accept pending connections first, because closing the port would drop them."""
        self._connections.stop()
        self.socket.settimeout(0)
        while connected := self._connections._from_server_socket(self.socket):
            self.process_conn(connected)
        super().stop()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level, "web_server", what=msg.strip(), exc_info=traceback)


def serve(load: Callable[[], Any], host: str, port: int, threads: int) -> None:
    """Serve until a signal arrives. Raises OSError when the port is in use."""
    ended: SimpleQueue[object] = SimpleQueue()  # a signal handler may put into it at any moment
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.put(None))
    server = WebServer(
        (host, port),
        load(),  # it may set its signal handlers first
        numthreads=threads,
        max=threads,
        # Used in links for requests without a host; reveals nothing new.
        server_name=host,
        request_queue_size=BACKLOG,
        timeout=IDLE,
        shutdown_timeout=FINISH,
    )
    server.prepare()

    def run() -> None:
        try:
            server.serve()
        finally:
            ended.put(None)

    threading.Thread(target=run, name="connections", daemon=True).start()
    _wait_for(ended)
    server.stop()


def _wait_for(ended: SimpleQueue[object]) -> None:
    """Wait in short intervals, because a signal just before a wait does not interrupt it."""
    while True:
        with suppress(Empty):
            ended.get(timeout=0.5)
            return


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m chassis.http.server", description=__doc__.partition("\n")[0])
    parser.add_argument("application", help="module:name of a WSGI application")
    parser.add_argument("--listen", default="127.0.0.1:8000", metavar="HOST:PORT")
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args(arguments)
    module, _, name = options.application.partition(":")
    host, _, port = options.listen.rpartition(":")
    serve(lambda: getattr(importlib.import_module(module), name), host, int(port), options.threads)


if __name__ == "__main__":
    main(sys.argv[1:])
