"""Facts that wait together are recorded in one transaction, and end as they do one by one."""

from uuid import UUID, uuid4

import pytest
from django.db import connection

from chassis.inbox.models import FailedMessage
from orders.models import Order, PaymentAttempt, TimelineEntry
from testkit.plugin import Outbox
from testkit.project import queries_of
from tests.factories import place

pytestmark = pytest.mark.django_db
TOTAL = {"amount": 7738, "currency": "EUR"}


def reserved(order):
    return "stock.reserved.v1", {"order_id": str(order.id)}


def authorized(order):
    return "payment.authorized.v1", {"order_id": str(order.id), "amount": TOTAL}


def allocated(order):
    return "stock.allocated.v1", {"order_id": str(order.id)}


def captured(order):
    return "payment.captured.v1", {"order_id": str(order.id), "amount": TOTAL}


def orders_of(customers: int) -> list:
    return [place(uuid4()) for _ in range(customers)]


def state_of(order) -> tuple:
    row = Order.objects.get(id=order.id)
    timeline = list(row.timeline.order_by("id").values_list("name", "sequence"))
    return row.status, row.payment, row.waiting_step, row.version, row.sequence, timeline


def test_facts_of_many_orders_and_several_of_one_end_as_they_do_one_by_one(deliver, deliver_together) -> None:
    *together, alone = orders_of(4)
    steps = (reserved, authorized, allocated, captured)
    deliver_together(*(step(order) for step in steps for order in together))
    for step in steps:
        deliver(*step(alone))
    assert {state_of(order)[:3] for order in together} == {("confirmed", "captured", "fulfill")}
    for order in together:
        assert state_of(order) == state_of(alone)
    assert not FailedMessage.objects.exists()
    assert PaymentAttempt.objects.count() == 0


def test_a_repeated_fact_and_a_late_one_change_nothing(deliver_together, outbox: Outbox) -> None:
    (order,) = orders_of(1)
    deliver_together(captured(order), authorized(order), allocated(order), reserved(order), captured(order))
    assert state_of(order)[:3] == ("confirmed", "captured", "fulfill")
    assert outbox.types().count("order.confirmed.v1") == 1
    assert outbox.types().count("shipment.create.v1") == 1


def test_a_fact_of_an_order_that_is_not_there_fails_alone(deliver_together) -> None:
    first, second = orders_of(2)
    unknown = "stock.reserved.v1", {"order_id": str(uuid4())}
    deliver_together(reserved(first), unknown, reserved(second))
    assert [state_of(order)[2] for order in (first, second)] == ["authorize", "authorize"]
    assert "OrderNotFound" in FailedMessage.objects.get().error


def test_more_orders_cost_no_more_statements_but_their_own_update(deliver_together) -> None:
    few, many = orders_of(2), orders_of(30)
    for step in (reserved, authorized):
        more = queries_of(connection, lambda step=step: deliver_together(*map(step, many)))
        fewer = queries_of(connection, lambda step=step: deliver_together(*map(step, few)))
        assert more - fewer == 28


def test_a_deleted_account_leaves_nothing_of_a_fact_that_came_with_the_deletion(
    customer_id: UUID, deliver, deliver_together
) -> None:
    order = place(customer_id)
    for step in (reserved, authorized, allocated, captured):
        deliver(*step(order))
    about = {"order_id": str(order.id), "carrier": "atlas", "tracking_number": "AT-1", "tracking_url": "https://at/1"}
    now = "2026-11-22T12:00:00Z"
    deliver_together(
        ("shipment.dispatched.v1", {**about, "dispatched_at": now}),
        ("shipment.delivered.v1", {"order_id": str(order.id), "delivered_at": now}),
        ("user.deleted.v1", {"user_id": str(customer_id)}),
        ("shipment.progressed.v1", {**about, "status": "hub", "description": "At a hub", "occurred_at": now}),
    )
    row = Order.objects.get()
    assert (row.fulfillment, row.tracking, row.address["name"]) == ("delivered", None, "")
    assert not TimelineEntry.objects.filter(told__contains="AT-1").exists()
    assert not FailedMessage.objects.exists()
