"""A back end that records requests and responds as the query string demands."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from gateway.settings import SERVICES

NAMES = (*SERVICES, "sandbox")
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Seen:
    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Backend:
    seen: list[Seen] = field(default_factory=list)
    #: Tokens and cookies that the user service refuses, and whether it responds at all.
    revoked: set[str] = field(default_factory=set)
    token_check_status: int = 0

    def __enter__(self):
        self._servers = {name: _Server(name, self) for name in NAMES}
        for server in self._servers.values():
            server.open()
        return self

    def __exit__(self, *_):
        for server in self._servers.values():
            server.close()

    @contextlib.contextmanager
    def also_at(self, name, port):
        """Run a second instance of a service for a while."""
        server = _Server(name, self, port)
        server.open()
        try:
            yield
        finally:
            server.close()

    def address(self, name):
        return f"127.0.0.1:{self._servers[name].server_address[1]}"

    def forget(self):
        self.seen.clear()
        self.revoked.clear()
        self.token_check_status = 0

    @property
    def token_checks(self):
        return [each for each in self.seen if each.path.startswith("/internal/token-check/")]

    @property
    def requests(self):
        """Return the recorded requests without the token checks."""
        return [each for each in self.seen if not each.path.startswith("/internal/token-check/")]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name, backend, port=0):
        self.name, self.backend = name, backend
        self._connections = []
        super().__init__(("127.0.0.1", port), _Handler)

    def open(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
        self.hang_up()

    def get_request(self):
        accepted = super().get_request()
        self._connections.append(accepted[0])
        return accepted

    def hang_up(self):
        """Close all connections, also idle ones that are kept alive."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.server.name, self.command, self.path, headers, self.rfile.read(length))
        backend = self.server.backend
        backend.seen.append(seen)
        if self.path.startswith("/internal/token-check/"):
            said = {seen.headers.get("authorization", ""), seen.headers.get("cookie", "")}
            refused = bool(said & backend.revoked)
            return self._send(backend.token_check_status or (401 if refused else 204))
        if headers.get("upgrade") == "websocket":
            return self._upgrade(headers)
        return self._as_asked(seen)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def _as_asked(self, seen):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()}
        if "hang" in asked:
            self.connection.close()
            return
        extra = {name: asked[key] for key, name in _ASKABLE.items() if key in asked}
        number, who = len(self.server.backend.requests), seen.headers.get("authorization")
        document = {"service": seen.service, "number": number, "for": who}
        self._send(int(asked.get("status", 200)), json.dumps(document).encode(), extra)

    def _send(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def _upgrade(self, headers):
        key = hashlib.sha1(headers["sec-websocket-key"].encode() + _WEBSOCKET).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(key).decode())
        self.end_headers()
        self.wfile.write(b"hello over there")
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_):
        """Log nothing."""


_ASKABLE = {"cookie": "Set-Cookie", "control": "Cache-Control", "etag": "ETag", "vary": "Vary"}
