"""Hostile input; see `testkit.hostile`."""

from uuid import uuid4

import pytest
from django.utils import timezone

from payments import commands
from payments.models import Refund
from testkit.hostile import *  # noqa: F403
from tests.factories import a_captured_order, eur, the_payment


@pytest.fixture
def known(db, customer_id):
    payment = the_payment(a_captured_order(customer_id=customer_id))
    commands.refund_payment(order_id=payment.order_id, refund_id=uuid4(), amount=eur(1), reason="", now=timezone.now())
    return {
        "payment_id": payment.id,
        "refund_id": Refund.objects.get().id,
        "order_id": payment.order_id,
        "provider": "sandbox",
    }
