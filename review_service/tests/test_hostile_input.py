"""Hostile input; see `testkit.hostile`."""

import pytest

from testkit.hostile import *  # noqa: F403
from tests.factories import LINK, bought, written


@pytest.fixture
def known(customer_id, db):
    """A review that waits for moderation, which nobody else may see, and a product to review."""
    return {"review_id": written(customer_id=customer_id, words=LINK).id, "product_id": bought(customer_id)[1]}


@pytest.fixture
def public():
    return {"product_id"}
