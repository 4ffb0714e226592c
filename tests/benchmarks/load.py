"""The load generator, small compared with the measured system. All connections are kept alive."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
#: nginx closes a connection after 1,000 requests.
_BATCHES, _DEPTH = 20, 50


class BadAnswer(Exception):
    """The response is not a success; the text has its beginning."""


class Client:
    """One connection. A token or a cookie (`cached=False`) bypasses the gateway's cache."""

    def __init__(self, url: str, token: str = "", *, cached: bool = True) -> None:
        self._address = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._address, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if not cached:
            self._headers["Cookie"] = "theme=dark"

    def get(self, path: str) -> bytes:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        text = json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        return json.loads(self._call("POST", path, text, sent))

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        try:
            self._connection.request(method, path, body, {**self._headers, **headers})
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # nginx closes a connection after so many requests
            self._connection.close()
            self._connection.request(method, path, body, {**self._headers, **headers})
            answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 300:
            raise BadAnswer(f"{method} {path}: {answer.status} {read[:300]!r}")
        return read


def closed_loop(work: Iterable[Any], clients: Iterable[Callable[[Any], Any]]) -> list[float]:
    """Let each client take the next task when it has finished one; return the milliseconds of each task."""
    pieces, lock = iter(work), threading.Lock()
    return _all(clients, lambda: _next(pieces, lock))


def paced(work: list[Any], clients: Iterable[Callable[[Any], Any]], per_second: float) -> list[float]:
    """As `closed_loop`, but task n begins at n / `per_second`, or when a client becomes free after that."""
    began, lock, pieces = time.monotonic(), threading.Lock(), iter(enumerate(work))

    def take() -> Any:
        number, piece = _next(pieces, lock)
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        return piece

    return _all(clients, take)


def _all(clients: Iterable[Callable[[Any], Any]], take: Callable[[], Any]) -> list[float]:
    def run(client: Callable[[Any], Any]) -> list[float]:
        took = []
        while True:
            try:
                piece = take()
            except StopIteration:
                return took
            began = time.perf_counter()
            client(piece)
            took.append((time.perf_counter() - began) * 1000)

    everyone = list(clients)
    with ThreadPoolExecutor(len(everyone)) as pool:
        return [each for took in pool.map(run, everyone) for each in took]


def _next(pieces: Iterator[Any], lock: threading.Lock) -> Any:
    with lock:
        return next(pieces)


def pipelined(url: str, seconds: float, connections: int = 4) -> tuple[int, float]:
    """Send as many GETs as the server answers, several in flight on each connection; return (count, seconds).

    A Python client that waits for each response would measure itself.
    """
    parts = urlsplit(url)
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode() * _DEPTH
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        sockets = [socket.create_connection((parts.hostname or "", parts.port or 80)) for _ in range(connections)]
        for _ in range(_BATCHES):
            for each in sockets:
                each.sendall(request)
            for each in sockets:
                _read_answers(each, _DEPTH)
        count += connections * _BATCHES * _DEPTH
        for each in sockets:
            each.close()
    return count, time.monotonic() - began


def _read_answers(connection: socket.socket, wanted: int) -> None:
    """Read `wanted` complete responses with status 200. Raises BadAnswer."""
    buffer, at = bytearray(), 0
    while wanted:
        head = buffer.find(b"\r\n\r\n", at)
        found = _LENGTH.search(buffer, at, head) if head >= 0 else None
        if head >= 0 and (found is None or buffer[at + 9 : at + 12] != b"200"):
            raise BadAnswer(bytes(buffer[at : at + 300]).decode(errors="replace"))
        end = head + 4 + int(found.group(1)) if found else len(buffer) + 1
        if end > len(buffer):
            more = connection.recv(262_144)
            if not more:
                raise BadAnswer("the connection was closed")
            buffer += more
        else:
            at, wanted = end, wanted - 1
