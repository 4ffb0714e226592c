"""Hostile input; see `testkit.hostile`."""

import pytest

from shipping import models
from testkit.hostile import *  # noqa: F403
from tests.factories import create_message, make_calls, return_message, row, weigh


@pytest.fixture
def known(rates, courier, deliver, customer_id):
    """A return with its label, and a variant with a weight."""
    order = create_message(customer_id=str(customer_id))
    back = return_message(order)
    deliver("shipment.create.v1", order)
    make_calls()
    deliver("return_shipment.create.v1", back)
    make_calls()
    weigh(MUG=350)
    returned = models.Shipment.objects.get(return_id=back["return_id"])
    return {
        "shipment_id": returned.id,
        "order_id": row(order).order_id,
        "return_id": returned.return_id,
        "carrier": "sandbox",
        "sku": "MUG",
        "postal_code": "75002",
    }
