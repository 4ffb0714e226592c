"""Stripe's stand-in on a port of its own, whose account a test holds in its hands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from payments.providers import provider_named
from sandbox.stripe.account import Account
from tests.fakes import stripe_mock

SECRET = "whsec_test"


@contextmanager
def account(settings: Any, checker: str) -> Iterator[Account]:
    """Let the service use the stand-in inside; afterwards all requests are checked by stripe-mock, if it is there."""
    fake = Account()
    with running(fake) as url:
        settings.PAYMENT_PROVIDERS = ["stripe", "sandbox"]
        settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_1", url
        settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_PUBLISHABLE_KEY = [SECRET], "pk_test_1"
        provider_named.cache_clear()
        yield fake
    provider_named.cache_clear()
    if checker:
        assert stripe_mock.refused(checker, fake.requests) == []


@contextmanager
def running(fake: Account) -> Iterator[str]:
    """Serve it on a free port of this machine; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            key = self.headers.get("Idempotency-Key", "")
            status, answer, hang = fake.post(urlsplit(self.path).path, dict(parse_qsl(body)), key)
            if hang:
                fake.released.wait(30)
            self._answer(status, answer)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(*fake.get(parts.path, dict(parse_qsl(parts.query))))

        def do_DELETE(self) -> None:
            self._answer(*fake.delete(urlsplit(self.path).path))

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            text = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:
                pass  # the caller has hung up, as it should

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
