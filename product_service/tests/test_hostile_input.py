"""Hostile input; see `testkit.hostile`."""

import pytest

from testkit.hostile import *  # noqa: F403
from tests.factories import a_product


@pytest.fixture
def known(db):
    return {"key": a_product(units=3).slug, "category": "lamps"}


@pytest.fixture
def public():
    return {"key"}
