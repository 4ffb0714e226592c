"""No provider holds a sender longer than its lease; addresses in any script get their mail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.factories import a_contact, a_device, confirmed

from notifications.domain import delivery as rules
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery
from notifications.providers.port import Message, Refused, TryLater, Unavailable
from notifications.providers.time_limit import send_with_time_limit
from notifications.work import senders

MESSAGE = Message(target="token-1", reference="d-1", title="On its way", text="Order S-1")


class Provider:
    """A connection that responds, raises or hangs, as `answer` demands."""

    def __init__(self, answer: str | BaseException = "taken") -> None:
        self.answer, self.abandoned = answer, threading.Event()

    def send(self, message: Message) -> str:
        if isinstance(self.answer, BaseException):
            raise self.answer
        if not self.answer:
            self.abandoned.wait(20)
        return self.answer

    def abandon(self) -> None:
        self.abandoned.set()


def test_a_conversation_is_shorter_than_the_lease_of_its_delivery():
    assert rules.CALL_TIME_LIMIT < rules.SENDING_LEASE


def test_an_answer_is_passed_on_and_so_is_each_no():
    assert send_with_time_limit(Provider(), MESSAGE, seconds=5) == "taken"
    for no in (Refused("no"), TryLater("not now"), Unavailable("away"), TimeoutError("its own"), KeyError("x")):
        with pytest.raises(type(no)) as raised:
            send_with_time_limit(Provider(no), MESSAGE, seconds=5)
        assert raised.value is no


def test_a_provider_that_hangs_is_given_up_in_time_and_let_go():
    hanging = Provider("")
    with pytest.raises(Unavailable, match=r"no answer within 0\.1 seconds"):
        send_with_time_limit(hanging, MESSAGE, seconds=0.1)
    assert hanging.abandoned.is_set()


@pytest.fixture
def dripping() -> Iterator[int]:
    """A mail server that sends a few bytes again and again, so that the limit of a single read is never reached."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        while not over.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            try:
                while not over.wait(0.02):
                    client.sendall(b"220-still here\r\n")
            except OSError:
                client.close()

    threading.Thread(target=drip, daemon=True).start()
    yield server.getsockname()[1]
    over.set()
    server.close()


@pytest.mark.django_db
def test_a_mail_server_that_talks_without_end_is_left(
    deliver, customer_id, mail_server, dripping, settings, monkeypatch
):
    monkeypatch.setattr(senders, "CALL_TIME_LIMIT", timedelta(seconds=0.3))
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    settings.EMAIL_PORT = dripping
    assert senders.send_due(Medium.EMAIL) == 0
    row = Delivery.objects.get()
    assert (row.state, row.log[-1]["what"]) == ("pending", "later: no answer within 0.3 seconds")


@pytest.mark.django_db
def test_a_push_gateway_that_hangs_is_left(deliver, customer_id, gateway, monkeypatch):
    monkeypatch.setattr(senders, "CALL_TIME_LIMIT", timedelta(seconds=0.3))
    a_contact(customer_id)
    a_device(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    gateway.hold.clear()
    assert senders.send_due(Medium.PUSH) == 0
    gateway.hold.set()
    assert Delivery.objects.get(medium="push").state == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Jörg Müller", ""])
@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("joerg@bücher.example", "joerg@xn--bcher-kva.example"),
        ("li@例子.测试", "li@xn--fsqu00a.xn--0zwm56d"),
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("Mira@BÜCHER.example", "Mira@xn--bcher-kva.example"),
        ("mira@example.com", "mira@example.com"),
    ],
)
def test_a_domain_in_any_script_gets_its_mail(address, sent_to, name, deliver, customer_id, mail_server):
    a_contact(customer_id, email=address, name=name)
    deliver("order.confirmed.v1", confirmed(customer_id))
    assert senders.send_due(Medium.EMAIL) == 1
    assert mail_server.mails[0]["To"].addresses[0].addr_spec == sent_to


@pytest.mark.django_db
def test_a_domain_that_cannot_be_written_is_refused_and_stops_nobody(deliver, customer_id, mail_server):
    a_contact(customer_id, email="a@ü..example")
    deliver("order.confirmed.v1", confirmed(customer_id))
    senders.send_due(Medium.EMAIL)
    assert Delivery.objects.get().state == "refused"


@pytest.mark.django_db
def test_a_reply_to_a_mail_reaches_the_support(deliver, customer_id, mail_server, settings):
    settings.SUPPORT_EMAIL = "help@bazaar.test"
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    senders.send_due(Medium.EMAIL)
    assert mail_server.mails[0]["Reply-To"] == "help@bazaar.test"
