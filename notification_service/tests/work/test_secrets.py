"""The secret of a link is readable only in the mail, and erased when the mail is sent or can no longer be sent."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone
from tests.factories import token_sent
from tests.mails import everything_kept, later, text_of

from chassis.seals import Seal
from notifications.commands import deliveries
from notifications.domain.delivery import DeliveryNotRetryable
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery
from notifications.work import senders

pytestmark = pytest.mark.django_db


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
