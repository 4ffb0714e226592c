from __future__ import annotations

import pytest

from notifications.domain.content import greeting_name, link_of, subject_of
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Category, Medium


def test_every_notification_but_a_promotion_is_transactional():
    assert {kind.name for kind in KINDS.values() if not kind.transactional} == {"promotion"}


def test_mails_with_a_token_are_not_listed_in_the_app_and_go_by_mail_alone():
    for kind in KINDS.values():
        if kind.secrets:
            assert not kind.listed
            assert kind.media == (Medium.EMAIL,)
            assert kind.category is Category.ACCOUNT


def test_a_subject_is_one_line_whatever_stands_in_the_facts():
    subject = subject_of(KINDS["order_confirmed"], {"number": "S-1\r\nBcc: everybody@example.com\x00"})
    assert subject == "Thank you! Order S-1 Bcc: everybody@example.com is confirmed"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "http://a b", "", "http://" + "x" * 3000])
def test_a_strange_link_becomes_the_front_page(link):
    assert link_of(KINDS["order_dispatched"], {"tracking_url": link}, shop_url="https://shop") == "https://shop/"


def test_a_link_of_the_courier_stays_as_it_is():
    url = "https://falcon.example/t/1?x=1"
    assert link_of(KINDS["order_dispatched"], {"tracking_url": url}, shop_url="https://shop") == url


@pytest.mark.parametrize("name", ["Win at https://evil.example", "www.evil.example", "me@evil.example", "<b>x</b>"])
def test_an_advertisement_is_no_name(name):
    assert greeting_name(name) == ""


def test_a_name_is_one_short_line():
    assert greeting_name("  Amira\n Khalil ") == "Amira Khalil"
    assert len(greeting_name("A" * 500)) == 60
