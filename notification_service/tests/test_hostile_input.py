"""Hostile input; see `testkit.hostile`."""

import pytest

from notifications.models import Notification
from testkit.hostile import *  # noqa: F403
from tests.factories import a_contact, a_device, confirmed


@pytest.fixture
def known(db, deliver, customer_id):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    return {
        "notification_id": Notification.objects.get().id,
        "device_id": a_device(customer_id).id,
        "token": "push-token-0002",
    }
