"""Deadlines and repetitions are rows; a sweep handles them, and a second sweep does no harm."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from orders import commands, tasks
from orders.models import Order, TimelineEntry
from testkit.plugin import Outbox
from tests.factories import place

pytestmark = pytest.mark.django_db


def test_a_step_that_waits_too_long_is_asked_again_once_a_time(customer_id: UUID, outbox: Outbox) -> None:
    order = place(customer_id)
    soon = timezone.now() + timedelta(seconds=21)
    assert commands.wake_due_orders(now=soon) == 1
    assert commands.wake_due_orders(now=soon) == 0
    assert outbox.types().count("stock.reserve.v1") == 2
    first, second = outbox.envelopes("stock.reserve.v1")
    assert first.id != second.id
    assert first.data == second.data
    assert second.correlationid == order.correlation_id
    assert TimelineEntry.objects.get(kind="attempt").message_id == second.id


def test_an_order_that_is_never_paid_expires(customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    deliver("stock.reserved.v1", about)
    deliver("payment.action_required.v1", {**about, "attempt": 1, "action_url": "https://bank.example/"})
    commands.wake_due_orders(now=timezone.now() + timedelta(minutes=29))
    assert Order.objects.get().status == "pending"
    commands.wake_due_orders(now=timezone.now() + timedelta(minutes=31))
    deliver("payment.voided.v1", about)
    deliver("stock.released.v1", about)
    row = Order.objects.get()
    assert (row.status, row.cancel_reason, row.payment) == ("canceled", "payment_expired", "voided")
    assert outbox.one("order.canceled.v1")["reason"] == "payment_expired"


def test_a_broken_order_does_not_keep_its_neighbors_waiting(customer_id: UUID, outbox: Outbox) -> None:
    broken, good = place(customer_id), place(customer_id)
    Order.objects.filter(id=broken.id).update(waiting_step="nonsense")
    commands.wake_due_orders(now=timezone.now() + timedelta(seconds=30))
    assert [data["order_id"] for data in outbox.data("stock.reserve.v1")].count(str(good.id)) == 2


def test_the_jobs_run(customer_id: UUID) -> None:
    place(customer_id)
    tasks.wake_orders()
    tasks.wake_returns()
