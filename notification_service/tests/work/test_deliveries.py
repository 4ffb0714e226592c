"""Deliveries are sent once, wait while a provider is unavailable, and end when it refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from tests.factories import a_contact, confirmed, progressed, token_sent
from tests.mails import everything_kept, later

from notifications.commands import deliveries
from notifications.domain.delivery import DeliveryNotPending
from notifications.domain.notification_kind import Medium
from notifications.models import Contact, Delivery, Notification
from notifications.work import senders

pytestmark = pytest.mark.django_db


def test_a_repeated_fact_is_mailed_once(deliver, customer_id, mail_server):
    a_contact(customer_id)
    fact = confirmed(customer_id)
    deliver("order.confirmed.v1", fact, times=2)
    senders.send_due(Medium.EMAIL)
    deliver("order.confirmed.v1", fact)
    senders.send_due(Medium.EMAIL)
    assert len(mail_server.mails) == 1


def test_while_the_mail_server_is_away_mails_wait_and_go_when_it_is_back(deliver, customer_id, mail_server):
    a_contact(customer_id)
    for data in (confirmed(customer_id), confirmed(customer_id)):
        deliver("order.confirmed.v1", data)
    mail_server.stop()
    assert senders.send_due(Medium.EMAIL) == 0
    tried, untouched = Delivery.objects.order_by("-attempts")
    assert (tried.state, tried.attempts, untouched.state, untouched.attempts) == ("pending", 1, "pending", 0)
    assert tried.lease is untouched.lease is None
    assert "refused" in tried.log[0]["what"].lower()
    mail_server.start()
    later(60)
    assert senders.send_due(Medium.EMAIL) == 2
    assert len(mail_server.mails) == 2


def test_a_temporary_no_is_tried_again_after_a_while(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    mail_server.answer = "451 try again later"
    assert senders.send_due(Medium.EMAIL) == 0
    mail_server.answer = "250 OK"
    assert senders.send_due(Medium.EMAIL) == 0, "not yet due"
    later(60)
    assert senders.send_due(Medium.EMAIL) == 1
    assert Delivery.objects.get().attempts == 2


@pytest.mark.parametrize(
    "answer",
    [
        "500 Error: (OperationalError) database or disk is full",
        "502 5.5.1 Not now",
        "552 5.2.2 Mailbox full",
        "554 5.3.1 Mail system full",
        "452 4.3.1 Insufficient system storage",
    ],
)
def test_a_server_without_room_refuses_no_mail_for_good(deliver, customer_id, mail_server, answer):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    mail_server.answer = answer
    assert senders.send_due(Medium.EMAIL) == 0
    mail_server.answer = "250 OK"
    later(60)
    assert senders.send_due(Medium.EMAIL) == 1


def test_a_permanent_no_is_final_until_staff_try_again(deliver, customer_id, mail_server, staff):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    mail_server.answer = "550 no such mailbox"
    senders.send_due(Medium.EMAIL)
    row = Delivery.objects.get()
    assert row.state == "refused"
    assert "550 no such mailbox" in row.log[0]["what"]
    later(600)
    assert senders.send_due(Medium.EMAIL) == 0
    mail_server.answer = "250 OK"
    browser = staff()
    chosen = {"action": "try_again", "_selected_action": [str(row.id)]}
    browser.post("/admin/notifications/notifications/delivery/", chosen)
    assert senders.send_due(Medium.EMAIL) == 1


def test_staff_try_a_delivery_that_waits_again_before_its_time(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    mail_server.answer = "451 try again later"
    senders.send_due(Medium.EMAIL)
    mail_server.answer = "250 OK"
    assert senders.send_due(Medium.EMAIL) == 0, "it waits"
    created_at = Delivery.objects.get().created_at
    deliveries.retry_delivery(delivery_id=Delivery.objects.get().id, now=timezone.now())
    assert senders.send_due(Medium.EMAIL) == 1
    assert Delivery.objects.get().created_at == created_at, "it expires three days after it was written"


def test_one_refused_address_does_not_stop_the_others(deliver, customer_id, mail_server):
    deliver("user.password_reset_requested.v1", token_sent(customer_id, email="two\nlines@example.com"))
    deliver("user.password_reset_requested.v1", token_sent(customer_id, token="another-token"))
    assert senders.send_due(Medium.EMAIL) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"refused", "sent"}


def test_after_three_days_it_is_given_up(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=3, minutes=1))
    mail_server.answer = "451 try again later"
    senders.send_due(Medium.EMAIL)
    assert Delivery.objects.get().state == "expired"


def test_an_order_that_overtakes_the_registration_is_mailed_when_the_address_is_known(
    deliver, customer_id, mail_server
):
    deliver("order.confirmed.v1", confirmed(customer_id))
    assert senders.send_due(Medium.EMAIL) == 0
    deliver("user.registered.v1", {"user_id": str(customer_id), "email": "late@example.com", "name": "L", "locale": ""})
    assert senders.send_due(Medium.EMAIL) == 1
    assert mail_server.mails[0]["To"] == "L <late@example.com>"


def test_a_sender_that_died_is_followed_by_another_with_the_same_message_id(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    (row,) = deliveries.lease_deliveries(medium="email", now=timezone.now())
    assert deliveries.mark_sending(row, target="amira@example.com", now=timezone.now())
    assert senders.send_due(Medium.EMAIL) == 0, "its sender may still be alive"
    later(100)
    assert senders.send_due(Medium.EMAIL) == 1
    assert mail_server.mails[0]["Message-ID"] == row.message_id


def test_a_sender_that_lost_its_lease_sends_nothing(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    (slow,) = deliveries.lease_deliveries(medium="email", now=timezone.now())
    later(100)
    assert senders.send_due(Medium.EMAIL) == 1
    assert not deliveries.mark_sending(slow, target="amira@example.com", now=timezone.now())
    deliveries.schedule_retry(slow, reason="too late", now=timezone.now())
    assert Delivery.objects.get().state == "sent"


def test_a_delivery_that_staff_give_up_is_not_sent(deliver, customer_id, mail_server, staff):
    deliver("user.password_reset_requested.v1", token_sent(customer_id))
    row = Delivery.objects.get()
    browser = staff()
    browser.post(
        "/admin/notifications/notifications/delivery/", {"action": "give_up", "_selected_action": [str(row.id)]}
    )
    row.refresh_from_db()
    assert (row.state, row.due_at) == ("dropped", None)
    assert senders.send_due(Medium.EMAIL) == 0
    assert "sealed_token" not in everything_kept()
    with pytest.raises(DeliveryNotPending):
        deliveries.give_up_delivery(delivery_id=row.id, now=timezone.now())


def test_a_delivery_sent_by_the_previous_version_is_not_sent_again(deliver, customer_id, mail_server):
    """It still runs while the new version starts, and does not write `finished_at`."""
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    Delivery.objects.update(state="sent", sent_at=timezone.now(), leased_until=datetime(1970, 1, 1, tzinfo=UTC))
    assert senders.send_due(Medium.EMAIL) == 0
    Delivery.objects.update(state="pending")
    assert senders.send_due(Medium.EMAIL) == 1


def test_a_broken_template_stops_no_other_mail(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.confirmed.v1", confirmed(customer_id))
    Notification.objects.filter(id=Notification.objects.first().id).update(
        facts={"number": "x", "total": {"amount": "no number", "currency": "EUR"}}
    )
    assert senders.send_due(Medium.EMAIL) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["pending", "sent"]


def test_transactional_mail_goes_before_promotional(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.confirmed.v1", confirmed(customer_id, number="S-2"))
    first = Delivery.objects.order_by("due_at").first()
    Delivery.objects.filter(id=first.id).update(promotional=True)
    senders.send_due(Medium.EMAIL)
    assert mail_server.mails[0]["Message-ID"] != first.message_id


def test_a_live_step_is_no_mail(deliver, customer_id):
    deliver("order.progressed.v1", progressed(customer_id))
    assert not Delivery.objects.exists()
    assert not Contact.objects.exists()


def test_a_mail_server_that_was_restarted_meanwhile_is_called_anew(deliver, customer_id, mail_server):
    a_contact(customer_id)
    for _ in range(2):
        deliver("order.confirmed.v1", confirmed(customer_id))
        assert senders.send_due(Medium.EMAIL) == 1
        mail_server.stop()
        mail_server.start()
    assert len(mail_server.mails) == 2
