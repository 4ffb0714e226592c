"""One real system for all journeys: every process, through the gateway, on its own ports.

With SOUK_ENGINES=real on the engines in SOUK_ENGINES_HOME, which are emptied first: those of `make test ENGINES=real`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from run.addresses import Real
from run.layout import Home, real_engines
from run.shopper import Shopper, new_shopper
from run.system import System

from tests.books import books as books_of

#: Short enough to wait for, long enough to pay another way.
SETTINGS = {
    "COURIER_STEP_SECONDS": "0.4",
    "orders.PAYMENT_WINDOW_SECONDS": "20",
    "orders.STOCK_HOLD_SECONDS": "40",
    "orders.ASK_AGAIN_SECONDS": "5",
    "RATE_LIMIT": "off",
}


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    return SETTINGS


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[System]:
    home = Path(os.environ.get("SOUK_TEST_HOME") or tmp_path_factory.mktemp("souk"))
    base = int(os.environ.get("SOUK_TEST_PORT_BASE", "18080"))
    engines = real_engines(Home(home))
    if engines:
        Real(engines).empty()
    with System(home, base, settings, tell=print, engines=engines) as started:
        yield started


@pytest.fixture
def newcomer(system: System) -> Shopper:
    """A customer who is not registered yet."""
    return Shopper(system.url(""), system.service_url("sandbox", ""))


@pytest.fixture
def shopper(system: System) -> Shopper:
    return new_shopper(system.url(""), system.service_url("sandbox", ""))


@pytest.fixture
def books(system: System) -> Callable[[str], dict]:
    """`books("payments")`: the provider's records."""
    return partial(books_of, system)


@pytest.fixture
def cheap_sku(shopper: Shopper) -> str:
    """A product with plenty of stock."""
    page = shopper.get("/api/v1/products/?in_stock=true&ordering=price")
    return shopper.get(f"/api/v1/products/{page['results'][0]['slug']}/")["variants"][0]["sku"]
