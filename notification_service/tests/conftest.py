from __future__ import annotations

import email
import email.policy
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.test import override_settings

from notifications.providers.selection import provider_of
from testkit.processes import RedisServer, free_port

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisServer(tmp_path_factory.mktemp("redis") / "data")
    yield server.url()
    server.kill()


def until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    waited = threading.Event()
    for _ in range(1200):
        assert process.poll() is None, "the server ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        waited.wait(0.05)
    raise AssertionError("the server did not come up")


def database_url() -> str:
    """Return the URL of the test database, for another process."""
    config = settings.DATABASES["default"]
    if "sqlite" in config["ENGINE"]:
        return f"sqlite:///{config['NAME']}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{config['NAME']}").geturl()


class MailServer:
    """A real SMTP server in a thread. It stores each mail and replies with `answer`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.noops = 0
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        if self.answer.startswith("2"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer

    async def handle_NOOP(self, server: object, session: object, envelope: object, argument: str) -> str:
        self.noops += 1
        return "250 OK"

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that gets mail over SMTP; Django's test runner would replace the mail backend."""
    server = MailServer()
    server.start()
    provider_of.cache_clear()
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=smtp, EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port, EMAIL_TIMEOUT=2):
        yield server
    provider_of.cache_clear()
    server.stop()


class Gateway:
    """A recording SMS or push gateway, reached through httpx, that responds with `status`."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 202
        self.hold = threading.Event()
        self.hold.set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.hold.wait(10)
                if gateway.status == 202:
                    gateway.taken.append({"path": self.path, **body})
                self.send_response(gateway.status)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    provider_of.cache_clear()
    with override_settings(SANDBOX_URL=made.url):
        yield made
    provider_of.cache_clear()
    made.stop()
