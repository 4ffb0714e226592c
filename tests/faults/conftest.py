"""The system of the journeys, with all the time that a customer has to pay: no order may expire here."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import books, cheap_sku, shopper, system  # noqa: F401


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    return {"COURIER_STEP_SECONDS": "0.4", "orders.ASK_AGAIN_SECONDS": "5", "RATE_LIMIT": "off"}
