"""Mails arrive complete, in the reader's locale, and without markup from names."""

from __future__ import annotations

import pytest
from tests.factories import MESSAGES, a_contact, confirmed
from tests.mails import html_of, text_of

from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery, Notification
from notifications.work import senders

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_is_called_paid_only_when_its_money_has_come(paid, deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id, paid=paid))
    senders.send_due(Medium.EMAIL)
    (mail,) = mail_server.mails
    for body in (text_of(mail), html_of(mail)):
        assert ("paid" in body) is paid
        assert "confirmed" in body


def test_a_bank_transfer_is_asked_for_in_the_words_of_the_payment(deliver, customer_id, mail_server):
    a_contact(customer_id)
    type_, data = MESSAGES["payment_action_required"]
    deliver(type_, data(customer_id, instructions="Please transfer 5.00 EUR to the shop. Reference: S-1 & co."))
    senders.send_due(Medium.EMAIL)
    (mail,) = mail_server.mails
    assert "Please transfer 5.00 EUR to the shop. Reference: S-1 & co." in text_of(mail)
    assert "Please transfer 5.00 EUR to the shop. Reference: S-1 &amp; co." in html_of(mail)
    assert "your bank" not in text_of(mail) + html_of(mail)


def test_names_of_products_are_no_markup(deliver, customer_id, mail_server):
    a_contact(customer_id, name="<i>Amira</i>")
    line = {**confirmed(customer_id)["lines"][0], "name": "<script>alert(1)</script> & co"}
    deliver("order.confirmed.v1", confirmed(customer_id, lines=[line]))
    senders.send_due(Medium.EMAIL)
    html = html_of(mail_server.mails[0])
    assert "<script>" not in html
    assert "<i>Amira" not in html
    assert "<script>alert(1)</script> & co" in text_of(mail_server.mails[0])


def test_every_kind_has_its_two_templates():
    from notifications.rendering import TEMPLATES

    for kind in KINDS.values():
        for ending in ("html", "txt"):
            assert (TEMPLATES / "mail" / f"{kind.name}.{ending}").exists()
