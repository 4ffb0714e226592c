"""The PayPal adapter through the whole service, over real HTTP, against the stand-in."""

import json
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chassis.core.money import Money
from payments import commands, work
from payments.models import CallStatus, Dispute, Mismatch, Payment, PaymentEvent, ProviderCall, Refund, WebhookEvent
from payments.providers import provider_named
from payments.providers.paypal_webhooks import WebhookVerifier
from payments.work.payment_lookup import INTERVAL, look_up_payment
from sandbox.paypal import account, certificates, faults
from sandbox.paypal.certificates import Signer
from sandbox.paypal.faults import Fault
from tests.factories import (
    an_authorized_order,
    eur,
    later,
    make_all_calls,
    process_all_webhooks,
    request_authorization,
    the_payment,
)
from tests.fakes.paypal import running

pytestmark = pytest.mark.django_db
PATH = "/api/v1/payment-webhooks/paypal/"


@pytest.fixture(scope="module")
def server(sandbox_url, tmp_path_factory):
    home = tmp_path_factory.mktemp("paypal")
    with running(home) as fake:
        yield fake


@pytest.fixture(autouse=True)
def paypal(server, settings):
    server.reset()
    settings.PAYMENT_PROVIDERS = ["sandbox", "paypal"]
    settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
    settings.PAYPAL_WEBHOOK_ID, settings.PAYPAL_API_BASE = "SANDBOXWEBHOOK", server.url
    settings.PAYPAL_AUTHORITY_FILE = str(server.authority)
    settings.PAYMENT_RETURN_URL = "https://shop.test/account/orders/{order_id}/"
    provider_named.cache_clear()
    yield server
    provider_named.cache_clear()
    assert server.compared.differences == []


def an_approved_order(paypal, decision="approve", **given):
    """An order that the customer has agreed to pay, before the shop knows."""
    order_id = an_authorized_order(payment_method="paypal", **given)
    paypal.approve(the_payment(order_id).provider_id, decision)
    return order_id


def a_held_order(paypal, **given):
    order_id = an_approved_order(paypal, **given)
    look_up_payment(the_payment(order_id).id)
    make_all_calls()
    return order_id


def a_paid_order(paypal, **given):
    order_id = a_held_order(paypal, **given)
    commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    return order_id


def refund(order_id, amount, **given):
    commands.refund_payment(
        order_id=order_id, refund_id=uuid4(), amount=eur(amount), reason="", now=timezone.now(), **given
    )
    make_all_calls()


def test_the_customer_is_sent_to_paypal_and_back_to_the_order(paypal, outbox):
    order_id = an_authorized_order(payment_method="paypal")
    action = outbox.one("payment.action_required.v1")["action_url"]
    payment = the_payment(order_id)
    assert action.endswith(f"/paypal/checkoutnow/{payment.provider_id}/")
    for decision in ("approve", "cancel"):
        back = paypal.approve(payment.provider_id, decision).headers["Location"]
        assert back.startswith(f"https://shop.test/account/orders/{order_id}/")


def test_authorize_capture_and_refund_twice(paypal, outbox):
    order_id = a_paid_order(paypal)
    refund(order_id, 500)
    refund(order_id, 1499)
    assert outbox.types() == [
        "payment.action_required.v1", "payment.authorized.v1", "payment.captured.v1",
        "payment.refunded.v1", "payment.refunded.v1",
    ]  # fmt: skip
    assert paypal.totals() == {
        "authorization": 1999, "reauthorization": 0, "capture": 1999, "void": 0, "refund": 1999, "bounce": 0,
    }  # fmt: skip
    (order,) = paypal.rows("orders")
    assert order["custom_id"] == str(the_payment(order_id).id)


def test_each_change_has_a_request_id_that_was_stored_before(paypal):
    order_id = a_paid_order(paypal)
    refund(order_id, 500)
    assert [request["request_id"] for request in paypal.requests()] == list(
        ProviderCall.objects.order_by("created_at").values_list("idempotency_key", flat=True)
    )
    assert all(request["request_id"] for request in paypal.requests())


def test_no_money_is_held_before_the_customer_agrees(paypal, outbox):
    order_id = an_authorized_order(payment_method="paypal")
    look_up_payment(the_payment(order_id).id)
    make_all_calls(at=later(minutes=5))
    assert (the_payment(order_id).status, paypal.totals()["authorization"]) == ("action_required", 0)


def test_an_order_that_was_approved_and_never_returned_to_is_found_by_looking(paypal, outbox, monkeypatch):
    order_id = an_approved_order(paypal)
    assert work.look_up_waiting(now=timezone.now() + INTERVAL * 2) == 1
    make_all_calls()
    assert outbox.types() == ["payment.action_required.v1", "payment.authorized.v1"]
    assert paypal.totals()["authorization"] == 1999
    assert the_payment(order_id).status == "authorized"


def test_an_account_without_money_is_declined_and_another_way_works(paypal, outbox):
    order_id = an_approved_order(paypal, "approve-without-funds")
    look_up_payment(the_payment(order_id).id)
    make_all_calls()
    declined = outbox.one("payment.declined.v1")
    assert (declined["code"], declined["attempt"]) == ("payer_cannot_pay", 1)
    look_up_payment(the_payment(order_id).id)  # PayPal still calls the order approved
    request_authorization(order_id, attempt=2, payment_method="sandbox:card_ok")
    make_all_calls()
    assert outbox.types()[-1] == "payment.authorized.v1"
    assert paypal.totals()["authorization"] == 0


def test_a_currency_that_paypal_does_not_take_is_declined(paypal, outbox):
    an_authorized_order(payment_method="paypal", amount=Money(5000, "KWD"))
    assert outbox.one("payment.declined.v1")["code"] == "payment_method_unavailable"
    assert paypal.requests() == []


@pytest.mark.parametrize(("amount", "value"), [(Money(500, "JPY"), "500"), (Money(50_000, "HUF"), "500")])
def test_amounts_in_currencies_without_decimals_are_exact(paypal, outbox, amount, value):
    a_paid_order(paypal, amount=amount)
    assert json.loads(paypal.requests()[0]["body"])["purchase_units"][0]["amount"]["value"] == value
    assert outbox.one("payment.captured.v1")["amount"] == amount.as_dict()


def test_an_amount_that_paypal_would_round_is_declined(paypal, outbox):
    an_authorized_order(payment_method="paypal", amount=Money(50_001, "HUF"))
    assert outbox.one("payment.declined.v1")["code"] == "amount_not_representable"
    assert paypal.requests() == []


@pytest.mark.parametrize("how", ["timeout_after", "fail_after"])
def test_work_whose_answer_is_lost_is_done_once(paypal, outbox, how):
    faults.switch(Fault(how, count=1, seconds=2))
    order_id = an_authorized_order(payment_method="paypal")
    assert len(paypal.rows("orders")) == 1
    paypal.approve(the_payment(order_id).provider_id)
    look_up_payment(the_payment(order_id).id)
    faults.switch(Fault(how, count=1, seconds=2))
    make_all_calls()
    commands.capture_payment(order_id=order_id, now=timezone.now())
    faults.switch(Fault(how, count=1, seconds=2))
    make_all_calls()
    faults.switch(Fault(how, count=1, seconds=2))
    refund(order_id, 500)
    assert outbox.types() == [
        "payment.action_required.v1", "payment.authorized.v1", "payment.captured.v1", "payment.refunded.v1",
    ]  # fmt: skip
    totals = paypal.totals()
    assert (totals["authorization"], totals["capture"], totals["refund"]) == (1999, 1999, 500)


def test_a_paypal_that_cannot_be_reached_has_done_nothing(paypal, outbox, settings):
    settings.PAYPAL_API_BASE = "http://127.0.0.1:9"
    provider_named.cache_clear()
    request_authorization(uuid4(), payment_method="paypal")
    make_all_calls()
    call = ProviderCall.objects.get()
    assert (call.status, call.sent_at, outbox.types()) == ("open", None, [])


@pytest.mark.parametrize("secret", ["wrong", "sandbox-client-secret"])
def test_without_an_access_token_nothing_is_sent(paypal, outbox, settings, secret):
    settings.PAYPAL_CLIENT_SECRET = secret
    provider_named.cache_clear()
    faults.switch(Fault("down", operation="token"))
    request_authorization(uuid4(), payment_method="paypal")
    make_all_calls()
    call = ProviderCall.objects.get()
    assert (call.sent_at, paypal.requests()) == (None, [])
    assert "no access token" in call.error
    assert secret not in call.error


def test_a_revoked_token_is_replaced(paypal, outbox):
    an_authorized_order(payment_method="paypal")
    account.tokens.clear()
    order_id = an_authorized_order(payment_method="paypal")
    assert the_payment(order_id).status == "requested"
    make_all_calls(at=later(minutes=1))
    assert the_payment(order_id).status == "action_required"


def test_void_before_and_after_the_customer_agreed(paypal, outbox):
    waiting, approved, held = (
        an_authorized_order(payment_method="paypal"),
        an_approved_order(paypal),
        a_held_order(paypal),
    )
    for order_id in (waiting, approved, held):
        commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert [the_payment(order_id).status for order_id in (waiting, approved, held)] == ["voided"] * 3
    assert len(outbox.data("payment.voided.v1")) == 3
    assert (paypal.totals()["authorization"], paypal.totals()["void"]) == (1999, 1999)


def test_an_order_closed_while_its_confirmation_is_running_ends_without_money(paypal, outbox):
    order_id = an_approved_order(paypal)
    look_up_payment(the_payment(order_id).id)
    faults.switch(Fault("fail_after", operation="authorize", count=1))
    (confirm,) = ProviderCall.objects.filter(operation="confirm")
    work.make_call.run(confirm.id)
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls(at=later(minutes=5))
    make_all_calls(at=later(minutes=10))
    assert the_payment(order_id).status == "voided"
    assert paypal.totals()["authorization"] == paypal.totals()["void"] == 1999


def test_an_unsent_confirmation_is_withdrawn_when_the_order_is_closed(paypal, outbox):
    order_id = an_approved_order(paypal)
    look_up_payment(the_payment(order_id).id)
    assert the_payment(order_id).status == "confirming"
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert ProviderCall.objects.get(operation="confirm").status == CallStatus.WITHDRAWN
    assert paypal.totals()["authorization"] == 0
    assert outbox.types()[-1] == "payment.voided.v1"


def test_an_older_look_does_not_undo_the_approval(paypal, outbox):
    order_id = an_authorized_order(payment_method="paypal")
    payment = the_payment(order_id)
    older = provider_named("paypal").fetch(payment.provider_id)
    paypal.approve(payment.provider_id)
    look_up_payment(payment.id)
    commands.record_provider_payment(payment_id=payment.id, order_id=order_id, found=older, now=timezone.now())
    assert the_payment(order_id).status == "confirming"


def test_a_hold_older_than_three_days_is_authorized_again_before_the_capture(paypal, outbox):
    order_id = a_held_order(paypal)
    paypal.happens("authorization-ages", paypal.rows("authorizations")[0]["id"], days=4)
    commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[-1] == "payment.captured.v1"
    assert (paypal.totals()["reauthorization"], paypal.totals()["capture"]) == (1999, 1999)
    look_up_payment(the_payment(order_id).id)
    assert the_payment(order_id).captured_amount == 1999


def test_a_hold_that_has_expired_cannot_be_captured(paypal, outbox):
    order_id = a_held_order(paypal)
    paypal.happens("authorization-ages", paypal.rows("authorizations")[0]["id"], days=30)
    commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.one("payment.capture_failed.v1")["code"] == "authorization_expired"
    assert paypal.totals()["capture"] == 0


def test_a_refund_that_is_pending_and_then_fails(paypal, outbox, client):
    order_id = a_paid_order(paypal)
    faults.switch(Fault("pending"))
    refund(order_id, 500)
    assert outbox.types()[-1] == "payment.captured.v1"
    paypal.happens("refund-ends", paypal.rows("refunds")[0]["id"], status="FAILED")
    post(client, paypal, paypal.events()[-1])
    process_all_webhooks()
    assert outbox.types()[-1] == "payment.refund_failed.v1"
    assert (Refund.objects.get().status, the_payment(order_id).claimed_amount) == ("failed", 0)


def test_a_refund_that_fails_after_it_had_succeeded(paypal, outbox, client):
    order_id = a_paid_order(paypal)
    refund(order_id, 500)
    paypal.happens("refund-ends", paypal.rows("refunds")[0]["id"], status="FAILED")
    post(client, paypal, paypal.events()[-1])
    process_all_webhooks()
    assert outbox.types()[-1] == "payment.refund_failed.v1"
    assert the_payment(order_id).refunded_amount == 0


def test_a_refund_by_hand_at_paypal_reaches_the_shop(paypal, outbox, client):
    order_id = a_paid_order(paypal)
    amount = {"currency_code": "EUR", "value": "7.00"}
    paypal.happens("refund-by-hand", paypal.rows("captures")[0]["id"], amount=amount)
    look_up_payment(the_payment(order_id).id)
    assert outbox.one("payment.refunded.v1")["amount"]["amount"] == 700


def post(client, paypal, body, **changes):
    headers = {**paypal.headers(body), **changes}
    content_type = headers.pop("Content-Type")
    return client.post(PATH, body, content_type=content_type, headers=headers)


def test_webhooks_twice_and_reversed_hold_the_money_once(paypal, outbox, client):
    order_id = an_approved_order(paypal)
    for _ in range(2):
        assert post(client, paypal, paypal.events()[0]).status_code == 200
    process_all_webhooks()
    make_all_calls()
    commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    before = outbox.types()
    for body in [*reversed(paypal.events()), *paypal.events()]:
        assert post(client, paypal, body).status_code == 200
    process_all_webhooks()
    make_all_calls(at=later(minutes=5))
    assert outbox.types() == before == ["payment.action_required.v1", "payment.authorized.v1", "payment.captured.v1"]
    assert WebhookEvent.objects.count() == 3
    assert (paypal.totals()["authorization"], paypal.totals()["capture"]) == (1999, 1999)


def test_a_webhook_that_is_days_late_is_taken_and_one_from_last_week_or_tomorrow_is_not(paypal, client):
    an_approved_order(paypal)
    (body,) = paypal.events()
    now = timezone.now()
    for days, status in ((-3, 200), (-5, 422), (1, 422)):
        at = (now + timedelta(days=days)).timestamp()
        assert post(client, paypal, body, **paypal.headers(body, at=at)).status_code == status


FORGED = {
    "no signature": {"PayPal-Transmission-Sig": ""},
    "nonsense": {"PayPal-Transmission-Sig": "é"},
    "another signature": {"PayPal-Transmission-Sig": "AAAA"},
    "another id": {"PayPal-Transmission-Id": "x"},
    "no time": {"PayPal-Transmission-Time": ""},
    "a time without a zone": {"PayPal-Transmission-Time": "2026-11-26T00:00:00"},
    "another algorithm": {"PayPal-Auth-Algo": "none"},
    "no address": {"PayPal-Cert-Url": ""},
    "another host": {"PayPal-Cert-Url": "https://evil.test/v1/notifications/certs/CERT-1"},
    "a host that looks like it": {"PayPal-Cert-Url": "https://api.paypal.com.evil.test/v1/notifications/certs/CERT-1"},
    "a host behind an at": {"PayPal-Cert-Url": "https://api.paypal.com@evil.test/v1/notifications/certs/CERT-1"},
    "no TLS": {"PayPal-Cert-Url": "http://api.paypal.com/v1/notifications/certs/CERT-1"},
    "another path": {"PayPal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/../../x"},
    "a query": {"PayPal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1"},
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_forged_webhooks_are_refused_and_no_stranger_is_asked(paypal, client, monkeypatch, change):
    an_approved_order(paypal)
    if "PayPal-Cert-Url" in change:
        monkeypatch.setattr(WebhookVerifier, "_read", lambda *_: pytest.fail("asked"))
    answer = post(client, paypal, paypal.events()[0], **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_signature")
    assert WebhookEvent.objects.count() == 0


def test_a_changed_body_is_refused(paypal, client):
    an_approved_order(paypal)
    (body,) = paypal.events()
    assert post(client, paypal, body.replace(b"APPROVED", b"VOIDED"), **paypal.headers(body)).status_code == 422


def test_a_webhook_for_another_webhook_id_is_refused(paypal, client, settings):
    an_approved_order(paypal)
    settings.PAYPAL_WEBHOOK_ID = "ANOTHER"
    provider_named.cache_clear()
    assert post(client, paypal, paypal.events()[0]).status_code == 422


@pytest.mark.parametrize(
    ("name", "known", "status"),
    [(certificates.SIGNER, True, 200), ("evil.test", True, 422), (certificates.SIGNER, False, 422)],
    ids=["PayPal's", "a certificate of another host", "an authority that nobody knows"],
)
def test_a_certificate_must_be_paypals(paypal, client, monkeypatch, settings, tmp_path, name, known, status):
    an_approved_order(paypal)
    signer = Signer(name)
    if known:
        settings.PAYPAL_AUTHORITY_FILE = str(signer.authority_file(tmp_path))
        provider_named.cache_clear()
    monkeypatch.setattr(certificates, "signer", lambda: signer)
    assert post(client, paypal, paypal.events()[0]).status_code == status


def test_the_certificate_is_read_once_and_a_failing_read_is_no_refusal(paypal, client):
    an_approved_order(paypal)
    (body,) = paypal.events()
    faults.switch(Fault("down", operation="certificate", count=1))
    answer = post(client, paypal, body)
    assert (answer.status_code, answer.json()["code"]) == (503, "webhook_not_verified")
    assert post(client, paypal, body).status_code == 200
    faults.switch(Fault("down", operation="certificate"))
    assert post(client, paypal, body).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"resource": 5, "event_type": "x"}', b"\xff"])
def test_signed_nonsense_is_refused(paypal, client, body):
    assert post(client, paypal, body).status_code == 422


@pytest.mark.parametrize(
    ("outcome", "status", "charged_back"), [("RESOLVED_BUYER_FAVOUR", "lost", 1999), ("CANCELED_BY_BUYER", "won", 0)]
)
def test_a_dispute_is_recorded_and_followed(paypal, client, outbox, outcome, status, charged_back):
    payment = the_payment(a_paid_order(paypal))
    paypal.happens("dispute-opens", paypal.rows("captures")[0]["id"])
    assert post(client, paypal, paypal.events()[-1]).status_code == 200
    process_all_webhooks()
    row = Dispute.objects.get()
    assert (row.payment_id, row.status, row.taken_amount) == (payment.id, "needs_response", 1999)
    assert row.respond_by is not None
    assert outbox.one("payment.disputed.v1")["reason"] == "merchandise_or_service_not_received"
    paypal.happens("dispute-ends", row.provider_id, outcome=outcome)
    assert work.reconcile(now=later(minutes=1)) == 0
    assert outbox.one("payment.dispute_closed.v1")["outcome"] == status
    assert the_payment(payment.order_id).charged_back_amount == charged_back


def test_a_dispute_whose_webhook_was_lost_is_found_by_reconciliation(paypal):
    a_paid_order(paypal)
    paypal.happens("dispute-opens", paypal.rows("captures")[0]["id"])
    work.reconcile(now=later(minutes=1))
    assert Dispute.objects.get().status == "needs_response"


def test_the_books_agree_and_a_difference_is_found(paypal):
    a_held_order(paypal)
    a_paid_order(paypal)
    an_authorized_order(payment_method="paypal")
    assert work.reconcile(now=later(seconds=2), settling=timedelta(0)) == 0
    account.books.execute("UPDATE captures SET amount = 1900")
    work.reconcile(now=later(seconds=2), settling=timedelta(0))
    assert list(Mismatch.objects.values_list("provider", "kind", "ours", "theirs")) == [
        ("paypal", "captured", "1999", "1900")
    ]


def test_paypal_that_does_not_answer_is_no_finding_and_payments_cost_no_statement_each(paypal):
    a_paid_order(paypal)
    with CaptureQueriesContext(connection) as few:
        work.reconcile(now=later(seconds=2), settling=timedelta(0))
    for _ in range(3):
        a_paid_order(paypal)
    with CaptureQueriesContext(connection) as many:
        work.reconcile(now=later(seconds=2), settling=timedelta(0))
    assert len(many) == len(few)
    faults.switch(Fault("down"))
    assert work.reconcile(now=later(seconds=2), settling=timedelta(0)) == 0


def test_older_payments_that_are_not_settled_cost_no_statement_each(paypal):
    statements = []
    for _ in range(3):
        a_held_order(paypal)
        Payment.objects.update(created_at=later(days=-30))
        with CaptureQueriesContext(connection) as made:
            work.reconcile(now=later(seconds=2), settling=timedelta(0))
        statements.append(len(made))
    assert len(set(statements)) == 1


def test_no_token_or_text_of_paypal_gets_into_the_books(paypal):
    order_id = an_approved_order(paypal, "approve-without-funds")
    look_up_payment(the_payment(order_id).id)
    make_all_calls()
    stored = str([*Payment.objects.values(), *PaymentEvent.objects.values(), *ProviderCall.objects.values()])
    assert "contact the payer" not in stored
    assert "sandbox-client-secret" not in stored


def test_the_stand_in_was_compared_with_paypals_descriptions(paypal):
    order_id = a_paid_order(paypal)
    refund(order_id, 500)
    if os.environ.get("SOUK_PROVIDER_SPECS"):
        assert {path.split("/")[2] for path in paypal.compared.compared} >= {"checkout", "payments"}
