"""Messages that wait together are handled in one transaction, and end as they do one by one."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from tests.factories import MESSAGES, a_contact, a_device, canceled, confirmed, dispatched, progressed, registered

from chassis.inbox.models import FailedMessage
from notifications.commands.updates import release_held_updates
from notifications.models import Contact, Delivery, Notification, Stream, Update
from notifications.providers import socket_groups
from testkit.project import queries_of

pytestmark = pytest.mark.django_db
ORDER = str(uuid4())


def step(user_id, number, order_id=ORDER):
    return "order.progressed.v1", progressed(user_id, number, order_id=order_id)


def shown(user_id):
    rows = Update.objects.filter(user_id=user_id).exclude(seq=None).order_by("seq")
    return [(row.seq, row.type, row.step) for row in rows]


def steps_shown(user_id):
    return [(seq, number) for seq, _, number in shown(user_id)]


@pytest.fixture
def woken(monkeypatch, django_capture_on_commit_callbacks):
    """Return the customers whose sockets are woken by the commits of a call."""
    calls = []
    monkeypatch.setattr(socket_groups, "wake", calls.append)

    def run(call, *given):
        calls.clear()
        with django_capture_on_commit_callbacks(execute=True):
            call(*given)
        return calls

    return run


@pytest.mark.parametrize("arrival", list(permutations([1, 2, 3])))
def test_steps_that_come_together_are_shown_in_order(deliver_together, customer_id, arrival):
    deliver_together(*(step(customer_id, number) for number in arrival))
    assert steps_shown(customer_id) == [(1, 1), (2, 2), (3, 3)]
    assert Stream.objects.get().last_seq == 3


def test_steps_that_are_stored_and_steps_that_come_release_one_another(deliver, deliver_together, customer_id):
    deliver_together(step(customer_id, 2), step(customer_id, 4))
    deliver(*step(customer_id, 5))
    assert shown(customer_id) == []
    deliver_together(step(customer_id, 3), step(customer_id, 1), step(customer_id, 6))
    assert steps_shown(customer_id) == [(number, number) for number in range(1, 7)]


def test_a_step_whose_predecessor_does_not_come_with_it_waits(deliver_together, customer_id):
    deliver_together(step(customer_id, 2), step(customer_id, 3))
    assert release_held_updates(now=timezone.now() + timedelta(seconds=6)) == 2
    deliver_together(step(customer_id, 1), step(customer_id, 2))
    assert steps_shown(customer_id) == [(1, 2), (2, 3), (3, 1)]


def test_customers_and_orders_in_a_batch_have_numbers_of_their_own(deliver_together, customer_id, woken):
    other, another_order = uuid4(), str(uuid4())
    both = [step(user, 1, str(uuid4())) for user in (customer_id, other)]
    mixed = [*both, step(customer_id, 1, another_order), ("order.canceled.v1", canceled(other)), *both]
    assert sorted(woken(deliver_together, *mixed)) == sorted([customer_id, other]), "each is woken once"
    assert [seq for seq, *_ in shown(customer_id)] == [seq for seq, *_ in shown(other)] == [1, 2]


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_fact_that_comes_twice_in_a_batch_is_told_once(kind, deliver_together, customer_id):
    type_, data = MESSAGES[kind]
    fact = data(customer_id)
    a_contact(customer_id)
    deliver_together((type_, fact), (type_, fact))
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)
    assert Update.objects.count() <= 1
    deliver_together((type_, fact), (type_, fact))
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)


def test_each_gets_its_mail_by_the_media_of_its_customer(deliver_together, customer_id):
    phone, device, deleted = uuid4(), uuid4(), uuid4()
    a_contact(customer_id)
    a_contact(phone, phone="+491701234567")
    a_contact(deleted, deleted_at=timezone.now())
    a_device(device)
    deliver_together(*(("order.dispatched.v1", dispatched(user)) for user in (customer_id, phone, device, deleted)))
    made = set(Delivery.objects.values_list("user_id", "medium", "target"))
    mails = {(user, "email", "") for user in (customer_id, phone, device)}
    assert made == {*mails, (device, "push", "push-token-0001")}, "text messages are opt-in"


def test_a_message_that_fails_takes_no_other_with_it(deliver_together, customer_id):
    broken = confirmed(customer_id)
    del broken["total"]
    first, second = confirmed(customer_id), confirmed(customer_id)
    deliver_together(("order.confirmed.v1", first), ("order.confirmed.v1", broken), step(customer_id, 1))
    deliver_together(("order.confirmed.v1", second), step(customer_id, 2))
    assert set(Notification.objects.values_list("facts__order_id", flat=True)) == {
        first["order_id"],
        second["order_id"],
    }
    assert steps_shown(customer_id) == [(1, 1), (2, 2)]
    assert FailedMessage.objects.count() == 1


def test_an_account_that_is_deleted_in_a_batch_leaves_nothing(deliver_together, customer_id):
    a_contact(customer_id)
    fact = "order.canceled.v1", canceled(customer_id)
    deliver_together(fact, ("user.deleted.v1", {"user_id": str(customer_id)}), step(customer_id, 1), fact)
    assert Contact.objects.get().email == ""
    assert not Notification.objects.exists()
    assert not Update.objects.exists()
    assert not FailedMessage.objects.exists()


def test_an_order_that_comes_with_the_address_is_due_at_once(deliver_together, customer_id):
    order, address = ("order.confirmed.v1", confirmed(customer_id)), ("user.registered.v1", registered(customer_id))
    deliver_together(order, address)
    assert Delivery.objects.get().due_at <= timezone.now()


def test_more_messages_cost_no_more_statements_but_the_number_of_each_customer(deliver_together):
    def both(users):
        return [
            message
            for user in users
            for message in (("order.confirmed.v1", confirmed(user)), step(user, 1, str(uuid4())))
        ]

    few, many = [uuid4() for _ in range(2)], [uuid4() for _ in range(20)]
    deliver_together(*both(few + many))
    more = queries_of(connection, lambda: deliver_together(*both(many)))
    fewer = queries_of(connection, lambda: deliver_together(*both(few)))
    assert more - fewer == 18
