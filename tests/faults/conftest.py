"""The system of the journeys, with all the time that a customer has to pay."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import books, cheap_sku, shopper, system

__all__ = ["books", "cheap_sku", "settings", "shopper", "system"]

#: Nobody's order may expire, and no customer is told to come slower.
SETTINGS = {"COURIER_STEP_SECONDS": "0.4", "orders.ASK_AGAIN_SECONDS": "5", "RATE_LIMIT": "off"}


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    return SETTINGS
