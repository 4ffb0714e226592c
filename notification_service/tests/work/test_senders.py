"""Sender threads: woken after a commit, separate for each medium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils import timezone
from tests.conftest import database_url
from tests.factories import a_contact, a_device, confirmed, delivered
from tests.mails import later

from notifications.domain.notification_kind import Medium
from notifications.models import Delivery
from notifications.work import senders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running() -> Iterator[None]:
    senders.start()
    yield
    stop()


def stop() -> None:
    senders.interrupt()
    for pool in senders.SENDERS.pools.values():
        pool.drain(30)
    senders._started.clear()
    senders._stopping.clear()


def until(true, seconds: float = 10.0) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not happen")


def test_a_mail_goes_right_after_the_commit(deliver, customer_id, mail_server, running):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    until(lambda: mail_server.mails)
    until(lambda: Delivery.objects.get().state == "sent")


def test_the_job_sends_what_no_hint_was_given_for(deliver, customer_id, mail_server):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    senders.start()
    try:
        senders.SENDERS.run_due(now=timezone.now())
        until(lambda: Delivery.objects.get().state == "sent")
    finally:
        stop()


def test_ten_wakes_at_once_send_each_mail_once(deliver, customer_id, mail_server, running):
    a_contact(customer_id)
    for _ in range(12):
        deliver("order.confirmed.v1", confirmed(customer_id))
        for _ in range(10):
            senders.SENDERS.run_soon("email")
    until(lambda: Delivery.objects.filter(state="sent").count() == 12)
    assert len(mail_server.mails) == len({mail["Message-ID"] for mail in mail_server.mails}) == 12


def test_a_push_gateway_that_hangs_delays_no_mail(deliver, customer_id, mail_server, gateway, running):
    a_contact(customer_id)
    a_device(customer_id)
    gateway.hold.clear()
    try:
        deliver("order.delivered.v1", delivered(customer_id))
        until(lambda: Delivery.objects.get(medium="email").state == "sent")
        assert Delivery.objects.get(medium="push").state in {"pending", "sending"}
    finally:
        gateway.hold.set()
    until(lambda: Delivery.objects.get(medium="push").state == "sent")


def test_two_senders_at_once_share_the_work(deliver, customer_id, mail_server):
    a_contact(customer_id)
    for _ in range(30):
        deliver("order.confirmed.v1", confirmed(customer_id))
    threads = [threading.Thread(target=_send_and_close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(mail_server.mails) == 30
    assert Delivery.objects.filter(state="sent").count() == 30


def _send_and_close() -> None:
    from django.db import connection

    senders.send_due(Medium.EMAIL)
    connection.close()


KILLED_AFTER_ACCEPTANCE = """
import os, signal, django
django.setup()
from notifications.commands import deliveries
from notifications.domain.notification_kind import Medium
from notifications.work import senders
deliveries.settle_sent = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)
senders.send_due(Medium.EMAIL)
"""


def test_a_sender_killed_after_the_server_accepted_a_mail_is_followed_under_the_same_message_id(
    deliver, customer_id, mail_server
):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.confirmed.v1", confirmed(customer_id, number="S-2"))
    environment = {
        "DJANGO_SETTINGS_MODULE": "notifications.config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_ACCEPTANCE],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["pending", "sending"]
    assert senders.send_due(Medium.EMAIL) == 0, "both are leased"
    later(100)
    assert senders.send_due(Medium.EMAIL) == 2
    assert len(mail_server.mails) == 3
    assert {mail["Message-ID"] for mail in mail_server.mails} == set(
        Delivery.objects.values_list("message_id", flat=True)
    )
