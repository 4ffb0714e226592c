"""The mailbox stores each mail once, responds with 250 only then, and simulates faults."""

from __future__ import annotations

import errno
import smtplib
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.mailbox import faults, keeping, routes, run


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def box(tmp_path, monkeypatch, port) -> Iterator[TestClient]:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    monkeypatch.setenv("SANDBOX_SMTP_PORT", str(port))
    keeping.books.close()
    faults.switch(faults.Fault())

    @asynccontextmanager
    async def lifespan(_):
        import asyncio

        stop = asyncio.Event()
        task = asyncio.create_task(run(stop))
        await asyncio.sleep(0)
        yield
        stop.set()
        await task

    with TestClient(Starlette(routes=routes, lifespan=lifespan)) as client:
        client.post("/mailbox/faults/", json={"mode": "none"})  # returns as soon as it listens
        yield client
    faults.switch(faults.Fault())
    keeping.books.close()


def a_mail(message_id: str = "<1@souk.example>", to: str = "amira@example.com", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Souk <hello@souk.example>", to, headers.pop("subject", "Grüße ✓")
    mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("Hello Amira\n")
    mail.add_alternative(
        "<html><head></head><body><p>Hello <b>Amira</b></p><script>bad()</script></body></html>", "html"
    )
    return mail


def send(port: int, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        smtp.send_message(mail)


def messages(box: TestClient, to: str = "amira@example.com") -> list[dict]:
    return box.get("/mailbox/messages/", params={"to": to}).json()["messages"]


def test_a_mail_is_kept_with_text_html_and_file(box, port, tmp_path):
    send(port, a_mail(to="Amira@Example.com"))
    (mail,) = messages(box, to="amira@example.com")
    assert (mail["subject"], mail["to"], mail["text"].strip()) == ("Grüße ✓", "amira@example.com", "Hello Amira")
    assert "<b>Amira</b>" in mail["html"]
    (file,) = Path(tmp_path, "mail").glob("*.eml")
    assert b"Message-ID: <1@souk.example>" in file.read_bytes()


def test_the_same_message_id_twice_is_one_mail_with_two_copies(box, port):
    send(port, a_mail())
    send(port, a_mail())
    (mail,) = messages(box)
    assert mail["copies"] == 2
    assert box.get("/mailbox/books/").json()["totals"] == {"mails": 1, "mail_copies": 2, "sms": 0, "push": 0}


def test_only_the_asked_recipient_is_listed_oldest_first(box, port):
    send(port, a_mail("<1@x>", subject="first"))
    send(port, a_mail("<2@x>", to="amira@example.com.evil", subject="other"))
    send(port, a_mail("<3@x>", subject="second"))
    assert [mail["subject"] for mail in messages(box)] == ["first", "second"]


def test_while_down_nobody_listens_and_then_it_is_back(box, port):
    box.post("/mailbox/faults/", json={"mode": "down", "of": "mail"})
    with pytest.raises(OSError):
        send(port, a_mail())
    box.post("/mailbox/faults/", json={"mode": "none"})
    send(port, a_mail())
    assert len(messages(box)) == 1


def test_going_down_ends_the_conversations_that_are_open(box, port):
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        assert smtp.noop()[0] == 250
        box.post("/mailbox/faults/", json={"mode": "down", "of": "mail"})
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.noop()


@pytest.mark.parametrize(("mode", "code"), [("temporary", 451), ("fail_after", 451)])
def test_a_temporary_no(box, port, mode, code):
    box.post("/mailbox/faults/", json={"mode": mode, "count": 1})
    with pytest.raises(smtplib.SMTPDataError) as no:
        send(port, a_mail())
    assert no.value.smtp_code == code
    assert len(messages(box)) == (1 if mode == "fail_after" else 0)
    send(port, a_mail())
    assert len(messages(box)) == 1


def test_a_full_disk_is_no_fault_of_the_mail(box, port, monkeypatch):
    """A 500 would tell the sender not to try again."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(keeping, "keep_mail", full)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(port, a_mail())
    assert refused.value.smtp_code == 451
    send(port, a_mail())
    assert len(keeping.mails()) == 1


def test_a_permanent_no_for_one_address_only(box, port):
    box.post("/mailbox/faults/", json={"mode": "permanent", "to": "gone@example.com"})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as no:
        send(port, a_mail(to="gone@example.com"))
    assert no.value.recipients["gone@example.com"][0] == 550
    send(port, a_mail())
    assert messages(box, "gone@example.com") == []
    assert len(messages(box)) == 1


def test_the_page_shows_the_mail_in_a_frame_without_scripts(box, port):
    send(port, a_mail(subject="<script>alert(1)</script>"))
    page = box.get("/mailbox/").text
    assert "<script>alert(1)" not in page
    assert "sandbox='allow-popups" in page
    assert "allow-scripts" not in page
    assert "<script>bad()" not in page


@pytest.mark.parametrize("view", ["html", "phone", "text", "headers", "nonsense"])
def test_every_view_opens_also_of_an_empty_box(box, port, view):
    assert box.get("/mailbox/", params={"view": view}).status_code == 200
    send(port, a_mail())
    assert box.get("/mailbox/", params={"view": view, "id": "1", "to": "amira"}).status_code == 200
    assert box.get("/mailbox/", params={"id": "9" * 40}).status_code == 200
    assert box.get("/mailbox/list/").status_code == 200
    assert "Message-ID" in box.get("/mailbox/messages/1/source/").text


@pytest.mark.parametrize("medium", ["sms", "push"])
def test_sms_and_push_are_kept_once_by_reference(box, medium):
    note = {"to": "+491701234567", "title": "Souk", "text": "Your parcel", "link": "http://x", "reference": "d-1"}
    for _ in range(2):
        assert box.post(f"/mailbox/{medium}/", json=note).status_code == 202
    (kept,) = box.get(f"/mailbox/{medium}/", headers={"accept": "application/json"}).json()["messages"]
    assert (kept["text"], kept["copies"]) == ("Your parcel", 2)
    assert "Your parcel" in box.get(f"/mailbox/{medium}/", headers={"accept": "text/html"}).text


@pytest.mark.parametrize("body", ["[]", "{}", "nonsense", '{"to": "x"}'])
def test_a_note_without_what_is_needed_is_refused(box, body):
    assert box.post("/mailbox/sms/", content=body).status_code == 400


def test_faults_of_sms_leave_push_alone(box):
    note = {"to": "x", "text": "y", "reference": "r"}
    box.post("/mailbox/faults/", json={"mode": "permanent", "of": "sms"})
    assert box.post("/mailbox/sms/", json=note).status_code == 410
    assert box.post("/mailbox/push/", json=note).status_code == 202
    assert box.post("/mailbox/faults/", json={"mode": "strange"}).status_code == 400
