from __future__ import annotations

import pytest
from backend import Backend
from running import Gateway


@pytest.fixture(scope="session")
def backend():
    """One small server that records requests, in place of all services and the sandbox."""
    with Backend() as running:
        yield running


@pytest.fixture(scope="session")
def start(backend, tmp_path_factory):
    """`start(RATE_LIMIT_CLIENT="5")`: start an nginx with these settings; it ends with the tests."""
    started = []

    def begin(**settings):
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), backend, settings)
        started.append(gateway)
        gateway.start()
        return gateway

    yield begin
    for gateway in started:
        gateway.stop()


@pytest.fixture(scope="session")
def gateway(start):
    """The gateway with its usual settings, without rate limits."""
    return start(RATE_LIMIT="off", HEADER_SECONDS="1", BODY_SECONDS="2", ANSWER_SECONDS="3")


@pytest.fixture(autouse=True)
def _fresh(backend):
    backend.forget()
