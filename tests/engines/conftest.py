"""Tests on real engines only: `make test ENGINES=real` starts them and provides their addresses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engines.place import Place

from tests.faults.conftest import books, cheap_sku, settings, shopper, system

__all__ = ["books", "cheap_sku", "place", "settings", "shopper", "system"]


@pytest.fixture(scope="session")
def place() -> Place:
    if os.environ.get("SOUK_ENGINES") != "real":
        pytest.skip("SOUK_ENGINES is not real")
    return Place(Path(os.environ["SOUK_ENGINES_HOME"]))
