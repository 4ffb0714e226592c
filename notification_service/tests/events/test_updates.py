"""Live updates have numbers without gaps, in the order of the steps."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import MESSAGES, canceled, progressed

from notifications.commands.updates import release_held_updates
from notifications.models import Notification, Update

pytestmark = pytest.mark.django_db
ORDER = str(uuid4())
NOON = "2024-11-22T12:00:00Z"


def shown(user_id):
    rows = Update.objects.filter(user_id=user_id).exclude(seq=None).order_by("seq")
    return [(row.seq, row.step) for row in rows]


@pytest.mark.parametrize("arrival", list(permutations([1, 2, 3])))
def test_steps_are_shown_in_order_however_they_arrive(deliver, customer_id, arrival):
    for step in arrival:
        deliver("order.progressed.v1", progressed(customer_id, step, order_id=ORDER))
    assert shown(customer_id) == [(1, 1), (2, 2), (3, 3)]


def test_a_repeated_step_counts_once(deliver, customer_id):
    for _ in range(2):
        deliver("order.progressed.v1", progressed(customer_id, 1, order_id=ORDER), times=2)
    assert shown(customer_id) == [(1, 1)]


def test_a_step_whose_predecessor_does_not_come_waits_a_moment_and_is_then_shown(deliver, customer_id):
    deliver("order.progressed.v1", progressed(customer_id, 2, order_id=ORDER))
    assert release_held_updates(now=timezone.now()) == 0
    assert shown(customer_id) == []
    assert release_held_updates(now=timezone.now() + timedelta(seconds=6)) == 1
    deliver("order.progressed.v1", progressed(customer_id, 1, order_id=ORDER))
    assert shown(customer_id) == [(1, 2), (2, 1)]


def test_orders_do_not_wait_for_one_another(deliver, customer_id):
    deliver("order.progressed.v1", progressed(customer_id, 2, order_id=ORDER))
    deliver("order.progressed.v1", progressed(customer_id, 1))
    assert shown(customer_id) == [(1, 1)]


def test_customers_have_numbers_of_their_own(deliver, customer_id):
    other = uuid4()
    for user in (customer_id, other):
        deliver("order.progressed.v1", progressed(user, 1))
        deliver("order.canceled.v1", canceled(user))
    assert [seq for seq, _ in shown(customer_id)] == [seq for seq, _ in shown(other)] == [1, 2]


@pytest.mark.parametrize(
    "kind", ["payment_action_required", "payment_declined", "order_canceled", "return_approved", "return_refunded"]
)
def test_an_urgent_notice_is_shown_live_once(deliver, customer_id, kind):
    type_, data = MESSAGES[kind]
    fact, now = data(customer_id), timezone.now()
    deliver(type_, fact, time=now)
    deliver(type_, fact, time=now)
    update = Update.objects.get()
    assert (update.seq, update.type) == (1, type_.removesuffix(".v1"))
    assert update.data["number"] == fact["number"]


def test_each_declined_attempt_is_told_once_however_late_its_message_comes_again(deliver, customer_id):
    type_, data = MESSAGES["payment_declined"]
    first, second = data(customer_id, attempt=1), data(customer_id, attempt=2)
    now = timezone.now()
    deliver(type_, first, time=now)
    deliver(type_, {**second, "order_id": first["order_id"]}, time=now)
    deliver(type_, first, time=now + timedelta(hours=1))
    assert Update.objects.count() == 2


def test_nobody_is_told_of_a_refund_of_nothing(deliver, customer_id):
    nothing = {"amount": 0, "currency": "EUR"}
    deliver("return.refunded.v1", MESSAGES["return_refunded"][1](customer_id, refund=nothing))
    assert Update.objects.count() == 1
    assert not Notification.objects.exists()


def with_step(data, step, name="told"):
    update = {"sequence": step, "status": "processing", "step": name, "message": "So it is.", "occurred_at": NOON}
    return {**data, "order_id": ORDER, "update": update}


@pytest.mark.parametrize(
    "kind", [kind for kind, (type_, _) in MESSAGES.items() if type_.startswith(("order.", "return."))]
)
def test_an_event_that_carries_a_step_shows_it_as_order_progressed_does(deliver, customer_id, kind):
    type_, data = MESSAGES[kind]
    deliver(type_, with_step(data(customer_id), 1, kind), times=2)
    step = Update.objects.get(step=1)
    deliver("order.progressed.v1", progressed(customer_id, 1, order_id=ORDER))
    assert (step.type, step.data["step"], step.data["message"]) == ("order.progressed", kind, "So it is.")
    assert set(step.data) == set(progressed(customer_id))
    assert Update.objects.filter(step=1).count() == 1
    assert not any("update" in row.facts for row in Notification.objects.all())


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_steps_of_events_and_of_order_progressed_are_shown_in_order_however_they_arrive(deliver, customer_id, arrival):
    about = {"order_id": ORDER, "number": "S-1", "customer_id": str(customer_id)}
    messages = [
        ("order.placed.v1", with_step(about, 1)),
        ("order.progressed.v1", progressed(customer_id, 2, order_id=ORDER)),
        ("order.confirmed.v1", with_step(MESSAGES["order_confirmed"][1](customer_id), 3)),
    ]
    for place in arrival:
        deliver(*messages[place])
    assert shown(customer_id) == [(1, 1), (2, 2), (3, 3)]


def test_an_event_of_a_publisher_that_sends_its_step_apart_shows_none(deliver, customer_id):
    deliver("order.placed.v1", {"order_id": ORDER, "number": "S-1", "customer_id": str(customer_id)})
    deliver("order.confirmed.v1", MESSAGES["order_confirmed"][1](customer_id))
    assert not Update.objects.exists()
