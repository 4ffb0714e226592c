"""Deliveries are sent once, wait while a provider is unavailable, and end when it refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.db.models import F
from django.utils import timezone
from tests.factories import MESSAGES, a_contact, a_device, confirmed, delivered, dispatched, progressed, token_sent

from chassis.jobs.clock import correct_due_times
from chassis.seals import Seal
from notifications.commands import deliveries
from notifications.domain.delivery import SENDING_LEASE, DeliveryNotPending, DeliveryNotRetryable
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Medium
from notifications.models import Contact, Delivery, Device, Notification
from notifications.providers import fcm
from notifications.work import senders

pytestmark = pytest.mark.django_db


def later(seconds: int) -> None:
    """Move due times and leases into the past."""
    ago = timedelta(seconds=seconds)
    for name in ("due_at", "leased_until"):
        Delivery.objects.exclude(**{name: None}).update(**{name: F(name) - ago})


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_mail_arrives_whole(kind, deliver, customer_id, mail_server):
    type_, data = MESSAGES[kind]
    a_contact(customer_id)
    deliver(type_, data(customer_id))
    assert senders.send_due(Medium.EMAIL) == 1
    (mail,) = mail_server.mails
    assert mail["To"] == "Amira Khalil <amira@example.com>"
    assert mail["Message-ID"] == Delivery.objects.get().message_id
    assert mail["Subject"] == Notification.objects.get().title
    assert mail["X-Souk-Kind"] == kind
    assert "List-Unsubscribe" not in mail
    for body in (text_of(mail), html_of(mail)):
        assert not any(mark in body for mark in ("{{", "{%", "None", "Money("))
    assert "</html>" in html_of(mail)


def test_the_receipt_shows_lines_and_totals_the_readers_way(deliver, customer_id, mail_server):
    a_contact(customer_id, locale="de-DE")
    deliver("order.confirmed.v1", confirmed(customer_id))
    senders.send_due(Medium.EMAIL)
    (mail,) = mail_server.mails
    for body in (text_of(mail), html_of(mail)):
        body = body.replace("\xa0", " ").replace("&nbsp;", " ")
        for told in ("Mint tea", "2.598,00 €", "4,90 €", "2.602,90 €", "433,82 €", "Lindenstraße 12", "Germany"):
            assert told in body


@pytest.mark.parametrize(("locale", "total"), [("en-US", "€2,602.90"), ("", "€2,602.90"), ("xx-nonsense", "€2,602.90")])
def test_an_unknown_locale_is_no_problem(locale, total, deliver, customer_id, mail_server):
    a_contact(customer_id, locale=locale)
    deliver("order.confirmed.v1", confirmed(customer_id))
    senders.send_due(Medium.EMAIL)
    assert total in text_of(mail_server.mails[0])


def test_names_of_products_are_no_markup(deliver, customer_id, mail_server):
    a_contact(customer_id, name="<i>Amira</i>")
    line = {**confirmed(customer_id)["lines"][0], "name": "<script>alert(1)</script> & co"}
    deliver("order.confirmed.v1", confirmed(customer_id, lines=[line]))
    senders.send_due(Medium.EMAIL)
    html = html_of(mail_server.mails[0])
    assert "<script>" not in html
    assert "<i>Amira" not in html
    assert "<script>alert(1)</script> & co" in text_of(mail_server.mails[0])


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
    chosen = {"action": "retry", "_selected_action": [str(row.id)]}
    browser.post("/admin/notifications/notifications/delivery/", chosen)
    assert senders.send_due(Medium.EMAIL) == 1


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


TOKEN_KINDS = ("user.verification_requested.v1", "user.password_reset_requested.v1", "user.staff_invited.v1")


@pytest.mark.parametrize("type_", TOKEN_KINDS)
def test_a_token_is_in_clear_in_the_mail_alone_and_forgotten_once_it_has_gone(
    type_, deliver, customer_id, mail_server, caplog
):
    deliver(type_, token_sent(customer_id, token="secret-token-1"))
    before = everything_kept()
    senders.send_due(Medium.EMAIL)
    assert "token=secret-token-1" in text_of(mail_server.mails[0])
    assert "secret-token-1" not in before + everything_kept() + caplog.text
    assert "sealed_token" in before
    assert "sealed_token" not in everything_kept()


@pytest.mark.parametrize("type_", TOKEN_KINDS)
def test_a_token_whose_mail_is_given_up_is_forgotten_and_not_tried_again(type_, deliver, customer_id, mail_server):
    deliver(type_, token_sent(customer_id, email="two\nlines@example.com"))
    senders.send_due(Medium.EMAIL)
    delivery = Delivery.objects.get()
    assert delivery.state == "refused"
    assert "sealed_token" not in everything_kept()
    with pytest.raises(DeliveryNotRetryable):
        deliveries.retry_delivery(delivery_id=delivery.id, now=timezone.now())


def test_a_link_that_has_expired_is_not_sent_and_forgotten(deliver, customer_id, mail_server):
    deliver("user.verification_requested.v1", token_sent(customer_id, expires_at="2020-01-01T00:00:00Z"))
    assert senders.send_due(Medium.EMAIL) == 0
    assert Delivery.objects.get().state == "dropped"
    assert "sealed_token" not in everything_kept()


def test_a_mail_that_is_tried_again_still_has_its_link(deliver, customer_id, mail_server):
    deliver("user.verification_requested.v1", token_sent(customer_id, token="secret-token-1"))
    mail_server.answer = "451 try again later"
    senders.send_due(Medium.EMAIL)
    mail_server.answer = "250 OK"
    later(60)
    senders.send_due(Medium.EMAIL)
    assert "token=secret-token-1" in text_of(mail_server.mails[-1])


def test_a_token_sealed_with_the_key_before_is_still_opened(deliver, customer_id, mail_server, settings):
    deliver("user.verification_requested.v1", token_sent(customer_id, token="secret-token-1"))
    old, new = "Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU=", Fernet.generate_key().decode()
    settings.MAIL_SEAL = Seal([new, old], name="MAIL_TOKEN_KEY")
    senders.send_due(Medium.EMAIL)
    assert "token=secret-token-1" in text_of(mail_server.mails[0])


def test_a_token_sealed_with_an_unknown_key_stops_nobody_and_is_sent_when_the_key_is_back(
    deliver, customer_id, mail_server, settings
):
    deliver("user.verification_requested.v1", token_sent(customer_id, token="secret-token-1"))
    ours = settings.MAIL_SEAL
    settings.MAIL_SEAL = Seal([Fernet.generate_key().decode()], name="MAIL_TOKEN_KEY")
    deliver("user.password_reset_requested.v1", token_sent(customer_id, token="another-token"))
    assert senders.send_due(Medium.EMAIL) == 1
    settings.MAIL_SEAL = ours
    later(60)
    assert senders.send_due(Medium.EMAIL) == 1
    assert "token=secret-token-1" in text_of(mail_server.mails[-1])


def everything_kept() -> str:
    """All columns of all tables."""
    return "".join(str(list(model._base_manager.values())) for model in apps.get_models())


def test_sms_and_push_go_to_their_gateways(deliver, customer_id, gateway, api):
    a_contact(customer_id, phone="+491701234567")
    a_device(customer_id, "token-one-1")
    chosen = {"choices": [{"category": "orders", "medium": "sms", "enabled": True}]}
    api().put("/api/v1/notification-preferences/", chosen)
    deliver("order.dispatched.v1", dispatched(customer_id))
    assert (senders.send_due(Medium.SMS), senders.send_due(Medium.PUSH)) == (1, 1)
    sms, push = gateway.taken
    assert (sms["path"], sms["to"]) == ("/mailbox/sms/", "+491701234567")
    assert "Falcon Post: FP3810" in sms["text"]
    assert (push["path"], push["to"], push["title"]) == (
        "/mailbox/push/",
        "token-one-1",
        "Order S-2026-004711 is on its way",
    )


def test_two_devices_get_one_push_each_and_no_sent_message_keeps_a_token(deliver, customer_id, gateway):
    a_contact(customer_id)
    tokens = ("push-token-0001", "push-token-0002")
    for token in tokens:
        a_device(customer_id, token)
    deliver("order.dispatched.v1", dispatched(customer_id))
    assert senders.send_due(Medium.PUSH) == 2
    pushed = Delivery.objects.filter(medium="push")
    assert [each.state for each in pushed] == ["sent", "sent"]
    assert not pushed.filter(target__in=tokens).exists()


def test_a_push_to_an_app_that_is_gone_forgets_the_device(deliver, customer_id, gateway):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    gateway.status = 410
    assert senders.send_due(Medium.PUSH) == 0
    assert not Device.objects.exists()
    assert Delivery.objects.get(medium="push").state == "refused"


def test_push_waits_while_its_gateway_is_away_and_the_mail_goes(deliver, customer_id, gateway, mail_server):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    gateway.status = 503
    assert (senders.send_due(Medium.PUSH), senders.send_due(Medium.EMAIL)) == (0, 1)
    gateway.status = 202
    later(60)
    assert senders.send_due(Medium.PUSH) == 1


def test_at_night_push_waits_until_the_morning(deliver, customer_id, gateway, api):
    a_contact(customer_id)
    a_device(customer_id)
    now = timezone.now()
    quiet = {"start": f"{now:%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}", "time_zone": "UTC"}
    assert api().put("/api/v1/notification-preferences/", {"quiet_hours": quiet}).status_code == 200
    deliver("order.delivered.v1", delivered(customer_id))
    assert senders.send_due(Medium.PUSH) == 0
    later(2 * 3600 + 60)
    assert senders.send_due(Medium.PUSH) == 1


def test_quiet_hours_are_no_clock_that_was_ahead(deliver, customer_id, gateway, api):
    """The job that brings times back leaves a first attempt that waits for the morning, and no retry so far ahead."""
    a_contact(customer_id)
    a_device(customer_id)
    now = timezone.now()
    quiet = {"start": f"{now:%H:%M}", "end": f"{now + timedelta(hours=8):%H:%M}", "time_zone": "UTC"}
    api().put("/api/v1/notification-preferences/", {"quiet_hours": quiet})
    deliver("order.delivered.v1", delivered(customer_id))
    correct_due_times(now=timezone.now())
    assert senders.send_due(Medium.PUSH) == 0
    Delivery.objects.update(attempts=1)
    correct_due_times(now=timezone.now())
    assert senders.send_due(Medium.PUSH) == 1


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


def test_a_leased_delivery_that_the_customer_no_longer_wants_is_not_sent(deliver, customer_id, gateway, api):
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.delivered.v1", delivered(customer_id))
    (row,) = deliveries.lease_deliveries(medium="push", now=timezone.now())
    api().put(
        "/api/v1/notification-preferences/",
        {"choices": [{"category": "orders", "medium": "push", "enabled": False}]},
    )
    assert not deliveries.mark_sending(row, target=row.target, now=timezone.now())
    assert Delivery.objects.get(medium="push").state == "dropped"


def test_what_the_version_before_has_sent_is_not_sent_again(deliver, customer_id, mail_server):
    """It runs on while the new one starts, and knows no `finished_at`."""
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


def test_every_kind_has_its_two_templates():
    from notifications.rendering import TEMPLATES

    for kind in KINDS.values():
        for ending in ("html", "txt"):
            assert (TEMPLATES / "mail" / f"{kind.name}.{ending}").exists()


def test_a_mail_server_that_was_restarted_meanwhile_is_called_anew(deliver, customer_id, mail_server):
    a_contact(customer_id)
    for _ in range(2):
        deliver("order.confirmed.v1", confirmed(customer_id))
        assert senders.send_due(Medium.EMAIL) == 1
        mail_server.stop()
        mail_server.start()
    assert len(mail_server.mails) == 2


def test_no_conversation_with_firebase_outlives_the_lease_of_its_delivery():
    """Otherwise another sender would start the same delivery."""
    asked = 1 + 1 + 4  # once, once more after silence, four times after a 5xx: google's own retries
    assert timedelta(seconds=asked * fcm.OPTIONS["httpTimeout"]) < SENDING_LEASE
