"""The system of the journeys, with a long payment window."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import books, cheap_sku, shopper, system

__all__ = ["books", "cheap_sku", "settings", "shopper", "system"]

#: No order expires, and no rate limit applies.
SETTINGS = {"COURIER_STEP_SECONDS": "0.4", "orders.ASK_AGAIN_SECONDS": "5", "RATE_LIMIT": "off"}


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    return SETTINGS
