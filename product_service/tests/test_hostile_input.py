"""What no client may achieve; see `chassis.testing.hostile`."""

import pytest
from tests.factories import a_product

from chassis.testing.hostile import *  # noqa: F403


@pytest.fixture
def known(db):
    return {"key": a_product(units=3).slug, "category": "lamps"}


@pytest.fixture
def public():
    return {"key"}
