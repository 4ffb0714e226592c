"""The connection to the mail server is used again, and a closed one costs no mail."""

from __future__ import annotations

import select
from collections.abc import Iterator
from dataclasses import replace
from email.generator import BytesGenerator

import pytest
from tests.conftest import MailServer
from tests.mails import html_of, text_of

from notifications.providers import mail
from notifications.providers.mail import MailProvider
from notifications.providers.port import Connection, Message


@pytest.fixture
def connection(mail_server: MailServer) -> Iterator[Connection]:
    provider = MailProvider()
    with provider.connect() as connection:
        yield connection
        connection.close()  # type: ignore[attr-defined]


def a_mail(title: str) -> Message:
    return Message(target="ada@example.com", reference=f"<{title}@souk.test>", title=title, text="Hello")


def test_mails_in_a_row_do_not_ask_whether_the_server_is_still_there(connection, mail_server, monkeypatch):
    monkeypatch.setattr(mail, "TRUSTED", 60.0)
    for title in ("one", "two", "three"):
        connection.send(a_mail(title))
    assert mail_server.subjects() == ["one", "two", "three"]
    assert mail_server.noops == 0


def test_a_connection_that_was_idle_for_longer_is_asked(connection, mail_server, monkeypatch):
    monkeypatch.setattr(mail, "TRUSTED", -1.0)
    monkeypatch.setattr(mail, "KEEP_OPEN", 60.0)
    connection.send(a_mail("one"))
    connection.send(a_mail("two"))
    assert mail_server.subjects() == ["one", "two"]
    assert mail_server.noops == 1


def test_a_connection_that_the_server_closed_right_after_a_mail_is_opened_again(connection, mail_server, monkeypatch):
    monkeypatch.setattr(mail, "TRUSTED", 60.0)
    connection.send(a_mail("one"))
    mail_server.stop()
    end_of_the_connection_arrives(connection)
    mail_server.start()
    connection.send(a_mail("two"))
    assert mail_server.subjects() == ["one", "two"]


def end_of_the_connection_arrives(connection: Connection) -> None:
    end = select.poll()
    end.register(connection._backend.connection.sock, select.POLLIN)  # type: ignore[attr-defined]
    assert end.poll(5000)


def test_no_regular_expression_is_compiled_to_separate_the_parts_of_a_mail(connection, mail_server, monkeypatch):
    compiled: list[str] = []
    search = BytesGenerator._compile_re  # type: ignore[attr-defined]
    monkeypatch.setattr(BytesGenerator, "_compile_re", lambda *given: compiled.append(given[0]) or search(*given))
    connection.send(replace(a_mail("one"), html="<p>Hello</p>"))
    assert mail_server.subjects() == ["one"]
    assert not compiled


def test_each_mail_separates_its_parts_by_a_text_that_nobody_can_know_before(connection, mail_server):
    for title in ("one", "two"):
        connection.send(replace(a_mail(title), text="--souk-\n--souk---\n", html="<p>Hello</p>"))
    boundaries = {mail.get_boundary() for mail in mail_server.mails}
    assert len(boundaries) == 2
    assert all(boundary.startswith("souk-") and len(boundary) == 37 for boundary in boundaries)
    for received in mail_server.mails:
        assert text_of(received).split() == ["--souk-", "--souk---"]
        assert html_of(received).strip() == "<p>Hello</p>"
