"""The system of the journeys, with the settings of chaos."""

from __future__ import annotations

import pytest

from tests.chaos.run import SETTINGS
from tests.journeys.conftest import system  # noqa: F401


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    return SETTINGS
