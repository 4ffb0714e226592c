"""Concurrent handlers for one customer: numbers have neither gaps nor duplicates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from tests.factories import NOON, confirmed

from notifications.commands.notifications import notify
from notifications.commands.tickets import issue_ticket, use_ticket
from notifications.commands.updates import record_step
from notifications.models import Delivery, Notification, Update

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, inputs) -> list:
    def closing(value):
        try:
            return work(value)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(closing, inputs))


def test_steps_of_two_orders_at_once(customer_id):
    orders = [uuid4(), uuid4()]

    def step(number: int) -> None:
        order = orders[number % 2]
        record_step(user_id=customer_id, order_id=order, step=number // 2 + 1, data={}, at=NOON, now=timezone.now())

    at_once(step, [7, 2, 5, 0, 1, 6, 3, 4] * 2)
    rows = list(Update.objects.order_by("seq").values_list("seq", "order_id", "step"))
    assert [seq for seq, *_ in rows] == list(range(1, 9))
    for order in orders:
        assert [step for _, of, step in rows if of == order] == [1, 2, 3, 4]


def test_a_fact_that_comes_twice_at_once_is_one_mail(customer_id):
    facts = confirmed(customer_id)

    def tell(_):
        try:
            notify("order_confirmed", user_id=customer_id, source="o", facts=facts, now=timezone.now())
        except IntegrityError:  # the loser of the race; its message would be retried
            return

    at_once(tell, range(6))
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)


def test_a_ticket_used_by_many_at_once_opens_one_socket(customer_id):
    ticket, _ = issue_ticket(user_id=customer_id, session_id="s", now=timezone.now())
    used = at_once(lambda _: use_ticket(ticket=ticket, now=timezone.now()), range(6))
    assert sorted(map(str, used)) == sorted([str(customer_id), *["None"] * 5])
