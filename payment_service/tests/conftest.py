from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.db.backends.base.operations import BaseDatabaseOperations
from starlette.applications import Starlette

from payments.providers import provider_named
from sandbox.payments import faults, processor, routes, webhooks
from sandbox.webhooks import Delivery
from testkit import descriptions
from testkit.descriptions import VARIABLE
from tests import ledger
from tests.fakes import stripe_mock

pytest_plugins = ["testkit.plugin"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if descriptions.folder("paypal") is None:
        said = f"NOT COMPARED with PayPal's own descriptions: our requests, and the stand-in's answers ({VARIABLE})"
        terminalreporter.write_sep("!", said, yellow=True)
    if not os.environ.get(stripe_mock.VARIABLE):
        said = f"NOT CHECKED by stripe-mock: our requests to Stripe ({stripe_mock.VARIABLE})"
        terminalreporter.write_sep("!", said, yellow=True)


@pytest.fixture(autouse=True, scope="session")
def _ledger_can_be_emptied() -> Iterator[None]:
    """Lift the ledger's triggers while Django empties the tables after a test whose transactions were real."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def with_triggers_lifted(self: Any, statements: list[str]) -> None:
        flush(self, [*ledger.lift(), *statements, *ledger.guard()])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", with_triggers_lifted)
        yield


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real sandbox processor in a thread, on its own port."""
    os.environ["SANDBOX_HOME"] = str(tmp_path_factory.mktemp("sandbox"))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off"))
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{socket.getsockname()[1]}/payments"
    server.should_exit = True
    thread.join(5)
    processor.books.close()
    del os.environ["SANDBOX_HOME"]


@pytest.fixture(autouse=True)
def _sandbox(sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty records and no faults; a test itself makes the calls (`make_all_calls`)."""
    for table in ("authorizations", "refunds", "bounces", "effects", "idempotency_keys", "events"):
        processor.books.execute(f"DELETE FROM {table}")
    faults.switch(faults.Fault())
    webhooks.events.configure(**vars(Delivery()))
    monkeypatch.setattr(settings, "SANDBOX_PAYMENT_URL", sandbox_url)
    monkeypatch.setattr(settings, "PAYMENT_TIMEOUT", 0.5)
    monkeypatch.setattr(settings, "PAYMENT_CALLS_AT_ONCE", False)
    provider_named.cache_clear()
    yield
    provider_named.cache_clear()
