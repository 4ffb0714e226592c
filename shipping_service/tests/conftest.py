"""Fixtures: rates, and the sandbox courier over HTTP, whose parcels the tests move."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.test import Client
from django.utils import timezone
from starlette.applications import Starlette

from shipping import providers
from shipping.management.commands.load_demo import load_demo

pytest_plugins = ["testkit.plugin"]

sys.path.append(str(Path(__file__).resolve().parents[2] / "sandbox"))
from sandbox.courier import depot, faults, journey, routes  # noqa: E402


@pytest.fixture(autouse=True)
def _settings_of_tests(settings: Any, tmp_path: Path) -> None:
    """Switch the threads off: a test itself runs the due work."""
    settings.CARRIER_THREADS = 0
    settings.QUOTE_SIGNING_KEY_FILE = str(tmp_path / "keys" / "quotes.pem")


@pytest.fixture
def rates(db: None) -> None:
    load_demo()


@pytest.fixture(scope="session")
def _courier_url() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(5)


class Courier:
    """The courier's records, faults and parcels."""

    provider = "sandbox"

    def fail(self, mode: str, *, count: int | None = 1, seconds: float = 5.0) -> None:
        faults.switch(faults.Fault(mode, seconds, count))

    def books(self) -> dict[str, Any]:
        return depot.everything()

    def labels_of(self, reference: str) -> list[dict[str, Any]]:
        return depot.search(reference)

    def move(self, number: str, *, steps: int = 1) -> None:
        for _ in range(steps):
            depot.move(number)

    def webhooks(self) -> list[dict[str, Any]]:
        """Return the webhooks that were not delivered yet, oldest first."""
        rows = depot.books.rows("SELECT body FROM webhooks WHERE delivered_at IS NULL ORDER BY rowid")
        depot.books.execute("UPDATE webhooks SET delivered_at = 1")
        return [json.loads(row["body"]) for row in rows]

    def tell(self, webhook: dict[str, Any], *, secret: str | None = None, at: float | None = None) -> int:
        """Send a signed webhook to the shop and return the status of the response."""
        body = json.dumps(webhook).encode()
        signature = journey.signature(body, at=int(time.time() if at is None else at), secret=secret)
        return self.post(body, signature)

    def post(self, body: bytes, signature: str, *, provider: str = "sandbox") -> int:
        answer = Client(raise_request_exception=False).post(
            f"/api/v1/carrier-webhooks/{provider}/",
            body,
            content_type="application/json",
            headers={"Courier-Signature": signature},
        )
        return answer.status_code

    def tell_all(self) -> None:
        """Deliver the undelivered webhooks in order and process them."""
        from shipping import work

        for webhook in self.webhooks():
            assert self.tell(webhook) == 202
        work.process_webhook.run_due(now=timezone.now())


@pytest.fixture
def courier(_courier_url: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Courier]:
    depot.books.close()
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "courier"))
    faults.switch(faults.Fault())
    settings.SANDBOX_URL = _courier_url
    settings.CARRIER_TIMEOUT_SECONDS = 1.0
    providers.named.cache_clear()
    yield Courier()
    providers.named.cache_clear()
    faults.switch(faults.Fault())
    depot.books.close()
