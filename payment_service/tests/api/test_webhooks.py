"""Webhooks: only the provider's are accepted, each once, and only the provider's object counts."""

import hashlib
import hmac
import json
import time
from uuid import uuid4

import httpx
import pytest
from django.urls import reverse
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    later,
    make_all_calls,
    process_all_webhooks,
    provider_totals,
    refund,
    request_authorization,
    start_call,
    the_payment,
)

from payments import commands
from payments.models import Payment, WebhookEvent
from payments.providers.sandbox import Sandbox
from sandbox.payments import faults, processor
from sandbox.payments.faults import Fault

pytestmark = pytest.mark.django_db
PATH = "/api/v1/payment-webhooks/sandbox/"


def events():
    """Return the sandbox's events, oldest first."""
    return [row["body"].encode() for row in processor.books.rows("SELECT body FROM events ORDER BY rowid")]


def post(client, body, *, at=None, secret="sandbox-webhook-secret", path=PATH, signature=None):
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    header = f"t={at},v1={digest}" if signature is None else signature
    return client.post(path, body, content_type="application/json", headers={"Sandbox-Signature": header})


def confirm(outbox):
    httpx.post(outbox.one("payment.action_required.v1")["action_url"] + "confirm/", trust_env=False)


def test_a_confirmed_payment_becomes_authorized(client, outbox):
    order_id = an_authorized_order(payment_method="card_action_required")
    confirm(outbox)
    assert post(client, events()[-1]).json() == {"received": True}
    assert the_payment(order_id).status == "action_required"
    process_all_webhooks()
    assert outbox.types()[-1] == "payment.authorized.v1"


def test_a_refused_payment_is_declined(client, outbox):
    an_authorized_order(payment_method="card_action_required")
    httpx.post(outbox.one("payment.action_required.v1")["action_url"] + "refuse/", trust_env=False)
    post(client, events()[-1])
    process_all_webhooks()
    assert outbox.one("payment.declined.v1")["code"] == "authentication_refused"


def test_duplicates_and_reversed_order_change_nothing(client, outbox):
    a_captured_order()
    before = outbox.types()
    for body in [*reversed(events()), *events()]:
        assert post(client, body).status_code == 200
    assert WebhookEvent.objects.count() == 2
    process_all_webhooks()
    assert outbox.types() == before
    assert provider_totals()["captures"] == 1999


def test_a_confirmation_told_twice_is_authorized_once(client, outbox):
    an_authorized_order(payment_method="card_action_required")
    confirm(outbox)
    for body in reversed(events()):
        post(client, body)
        post(client, body)
    process_all_webhooks()
    assert outbox.types() == ["payment.action_required.v1", "payment.authorized.v1"]


def test_a_webhook_that_comes_before_the_answer(client, outbox):
    """The provider has done the work and sends the webhook while our own call is still waiting."""
    order_id = uuid4()
    request_authorization(order_id, payment_method="card_timeout")
    faults.switch(Fault("down", operation="read", count=1))
    make_all_calls()
    assert the_payment(order_id).status == "unknown"
    post(client, events()[0])
    process_all_webhooks()
    assert outbox.types() == ["payment.authorized.v1"]
    make_all_calls(at=later(minutes=1))
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999


def test_a_confirmation_after_the_order_was_closed_is_released(client, outbox):
    from django.utils import timezone

    order_id = an_authorized_order(payment_method="card_action_required")
    faults.switch(Fault("down", operation="void"))
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    confirm(outbox)
    post(client, events()[-1])
    process_all_webhooks()
    faults.switch(Fault())
    make_all_calls(at=later(minutes=5))
    assert outbox.types() == ["payment.action_required.v1", "payment.voided.v1"]
    assert provider_totals()["voids"] == 1999


def test_a_refund_made_by_hand_at_the_provider_reaches_the_shop(client, outbox):
    order_id = a_captured_order()
    processor.refund(the_payment(order_id).provider_id, 700, "")
    post(client, events()[-1])
    process_all_webhooks()
    assert outbox.one("payment.refunded.v1")["amount"]["amount"] == 700
    assert the_payment(order_id).refunded_amount == 700


def test_while_our_own_call_is_running_its_answer_is_waited_for(client):
    from payments.work.provider_request import call_provider

    request_authorization(uuid4())
    call = start_call()
    call_provider(call, later())
    post(client, events()[0])
    event = WebhookEvent.objects.get()
    assert event.due_at > later(seconds=3)
    assert event.finished_at is None


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "guessed"},
        {"at": int(time.time()) - 3600},
        {"at": int(time.time()) + 3600},
        {"signature": ""},
        {"signature": "t=1,v1=é"},
        {"signature": "t=99999999999999999999,v1=00"},
    ],
)
def test_forged_and_replayed_webhooks_are_refused(client, forged):
    an_authorized_order()
    answer = post(client, events()[0], **forged)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_signature")
    assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"id": 1, "type": "x", "data": {"object": null}}'])
def test_signed_nonsense_is_refused_and_not_a_crash(client, body):
    assert post(client, body).status_code == 422


def test_an_unknown_provider_is_not_found(client):
    assert post(client, b"{}", path="/api/v1/payment-webhooks/nobody/").status_code == 404
    assert post(client, b"{}", path="/api/v1/payment-webhooks/stripe/").status_code == 404


def test_a_webhook_about_nothing_of_ours_is_left_after_some_tries(client):
    body = {"id": "evt_1", "type": "authorization.authorized", "data": {"object": {"id": "x", "reference": "\0\ud800"}}}
    assert post(client, json.dumps(body).encode()).status_code == 200
    for _ in range(10):
        WebhookEvent.objects.filter(finished_at=None).update(due_at=later(days=-1), leased_until=later(days=-1))
        process_all_webhooks()
    event = WebhookEvent.objects.get()
    assert event.finished_at
    assert event.outcome == "no such payment here"


def test_a_webhook_waits_while_the_provider_cannot_be_asked(client, outbox):
    an_authorized_order(payment_method="card_action_required")
    confirm(outbox)
    post(client, events()[-1])
    faults.switch(Fault("down", operation="read"))
    process_all_webhooks()
    event = WebhookEvent.objects.get()
    assert (event.finished_at, event.attempts) == (None, 1)
    assert event.due_at > later(seconds=5)


def make_due():
    WebhookEvent.objects.filter(finished_at=None).update(due_at=later(days=-1), leased_until=later(days=-1))


def test_a_webhook_is_never_given_up_because_the_provider_cannot_be_reached(client, outbox):
    order_id = a_captured_order()
    processor.refund(the_payment(order_id).provider_id, 700, "")
    post(client, events()[-1])
    faults.switch(Fault("down", operation="read"))
    for _ in range(50):
        make_due()
        process_all_webhooks()
    event = WebhookEvent.objects.get()
    assert (event.finished_at, event.attempts, event.misses) == (None, 50, 0)
    assert event.due_at < later(minutes=2)
    faults.switch(Fault())
    make_due()
    process_all_webhooks()
    assert outbox.one("payment.refunded.v1")["amount"]["amount"] == 700


def test_a_webhook_that_was_left_is_looked_into_again_when_staff_say_so(client, staff, outbox):
    order_id = a_captured_order()
    payment = the_payment(order_id)
    processor.refund(payment.provider_id, 700, "")
    Payment.objects.update(provider="another")  # now it belongs to no payment of ours
    post(client, events()[-1])
    for _ in range(10):
        make_due()
        process_all_webhooks()
    event = WebhookEvent.objects.get()
    assert (bool(event.finished_at), event.outcome) == (True, "no such payment here")
    Payment.objects.update(provider="sandbox")
    for group, refunded in (("support", 0), ("operations", 1)):
        staff(superuser=False, groups=[group]).post(
            reverse("admin:payments_webhookevent_changelist"),
            {"action": "try_again", "_selected_action": [str(event.id)]},
        )
        process_all_webhooks()
        assert len(outbox.data("payment.refunded.v1")) == refunded


def test_a_webhook_names_the_object_of_a_payment_whose_answer_was_lost(client, outbox, monkeypatch):
    """The provider's list does not contain it."""
    faults.switch(Fault("fail_after", count=1, operation="authorize"))
    monkeypatch.setattr(Sandbox, "find", lambda *_, **__: None)
    order_id = an_authorized_order()
    assert the_payment(order_id).status == "unknown"
    post(client, events()[0])
    process_all_webhooks()
    assert outbox.types() == ["payment.authorized.v1"]


def test_an_object_made_for_another_payment_is_not_taken(client, outbox, monkeypatch):
    other = the_payment(an_authorized_order())
    monkeypatch.setattr(Sandbox, "find", lambda *_, **__: None)
    faults.switch(Fault("fail_after", count=1, operation="authorize"))
    payment = the_payment(an_authorized_order())
    outbox.clear()
    body = {
        "id": "evt_1", "type": "authorization.authorized",
        "data": {"object": {"id": other.provider_id, "reference": str(payment.id)}},
    }  # fmt: skip
    post(client, json.dumps(body).encode())
    process_all_webhooks()
    assert outbox.types() == []
    assert the_payment(payment.order_id).provider_id == ""


def test_old_webhooks_are_forgotten_and_waiting_ones_are_not(client):
    an_authorized_order()
    for body in events():
        post(client, body)
    (first, *_) = WebhookEvent.objects.all()
    WebhookEvent.objects.update(received_at=later(days=-365), finished_at=later(days=-91))
    WebhookEvent.objects.filter(id=first.id).update(finished_at=None)
    commands.forget_webhooks(now=later())
    assert list(WebhookEvent.objects.values_list("id", flat=True)) == [first.id]


def test_a_refund_that_the_bank_sends_back_reaches_the_shop_by_webhook(client, outbox):
    order_id = a_captured_order()
    refund(order_id, uuid4(), 500)
    processor.bounce(processor.books.row("SELECT id FROM refunds")["id"])
    post(client, events()[-1])
    process_all_webhooks()
    assert outbox.types()[-1] == "payment.refund_failed.v1"
    assert the_payment(order_id).refunded_amount == 0
