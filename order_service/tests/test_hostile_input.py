"""Hostile input; see `testkit.hostile`."""

from uuid import UUID

import pytest

from testkit.hostile import *  # noqa: F403
from tests.api.test_returns import a_delivered_order, ask
from tests.factories import PRICES, SHIRT, a_quote, items


@pytest.fixture
def known(db, api, customer_id, deliver):
    """A delivered order of which one shirt may still be returned, and the data for another order of one shirt."""
    order = a_delivered_order(customer_id, deliver)
    return {
        "order_id": order.id,
        "return_id": UUID(ask(api(), order).json()["id"]),
        "sku": SHIRT,
        "shipping_quote": a_quote(customer_id, items(SHIRT_M=1)),
        "amount": PRICES[SHIRT],
        "postal_code": "75002",
        "payment_method": "card_ok",
    }
