"""The system of the journeys, with a gateway that knows two addresses of each service."""

from __future__ import annotations

import os

import pytest
from run.layout import SERVICES, Ports

from tests.journeys.conftest import cheap_sku, shopper, system

__all__ = ["cheap_sku", "further_port", "settings", "shopper", "system"]


def further_port(service: str) -> int:
    """Return the port of a service's second instance."""
    base = int(os.environ.get("SOUK_TEST_PORT_BASE", "18080"))
    return Ports(base).of(service) + 20


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    base = int(os.environ.get("SOUK_TEST_PORT_BASE", "18080"))
    both = {name: f"127.0.0.1:{Ports(base).of(name)},127.0.0.1:{further_port(name)}" for name in SERVICES}
    return {
        "COURIER_STEP_SECONDS": "0.4",
        "RATE_LIMIT": "off",
        **{f"gateway.{name.upper()}_UPSTREAM": addresses for name, addresses in both.items()},
    }
