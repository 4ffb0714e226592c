"""The Stripe adapter through the whole service, over real HTTP, against a recording fake."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from chassis.core.money import Money
from payments import commands, work
from payments.models import Dispute, Mismatch, PaymentEvent, ProviderCall, WebhookEvent
from payments.providers import provider_named
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    eur,
    later,
    make_all_calls,
    process_all_webhooks,
    refund,
    request_authorization,
    the_payment,
)
from tests.fakes import stripe_mock
from tests.fakes.stripe_server import SECRET, account

pytest.importorskip("stripe")
pytestmark = pytest.mark.django_db
VISA = {"payment_method": "pm_card_visa"}


@pytest.fixture(scope="module")
def checker():
    with stripe_mock.running() as url:
        yield url


@pytest.fixture(autouse=True)
def stripe(settings, checker):
    with account(settings, checker) as fake:
        yield fake


def everything_kept():
    return "".join(str(list(model._base_manager.values())) for model in apps.get_models())


def statuses(stripe):
    return [intent["status"] for intent in stripe.intents.values()]


def test_authorize_capture_refund(stripe, outbox):
    order_id = a_captured_order(**VISA)
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(500), reason="", now=timezone.now())
    make_all_calls()
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1", "payment.refunded.v1"]
    (intent,) = stripe.intents.values()
    assert (intent["amount_received"], intent["metadata"]["order_id"]) == (1999, str(order_id))
    assert [refund["amount"] for refund in stripe.refunds.values()] == [500]


def test_void(stripe, outbox):
    commands.close_order_payments(order_id=an_authorized_order(**VISA), now=timezone.now())
    make_all_calls()
    assert statuses(stripe) == ["canceled"]
    assert outbox.types()[-1] == "payment.voided.v1"


def in_browser(order_id, api):
    """What the customer's browser is told to complete the payment."""
    payment = the_payment(order_id)
    answer = api(payment.customer_id).get(f"/api/v1/payments/{payment.id}/client-secret/")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return answer.json()


def test_a_customer_chooses_the_card_in_the_browser(stripe, outbox, api, settings):
    settings.PAYMENT_RETURN_URL = "https://shop.test/account/orders/{order_id}/"
    provider_named.cache_clear()
    order_id = an_authorized_order(payment_method="stripe")
    assert outbox.one("payment.action_required.v1")["action_url"] == f"https://shop.test/account/orders/{order_id}/"
    told = in_browser(order_id, api)
    assert told == {"client_secret": "pi_1_secret_1", "publishable_key": "pk_test_1"}
    stripe.choose_in_browser(told["client_secret"], "pm_card_chargeDeclined")
    work.look_up_payment(the_payment(order_id).id)
    assert the_payment(order_id).status == "action_required"  # another card may work
    stripe.choose_in_browser(told["client_secret"], "pm_card_visa")
    work.look_up_payment(the_payment(order_id).id)
    assert outbox.types() == ["payment.action_required.v1", "payment.authorized.v1"]


def test_the_secret_is_for_the_owner_only_and_only_while_it_is_of_use(stripe, api, staff, outbox):
    payment = the_payment(an_authorized_order(payment_method="stripe"))
    path = f"/api/v1/payments/{payment.id}/client-secret/"
    stranger, visitor, missing = api(uuid4()).get(path), api(None).get(path), api(uuid4()).get(path.replace("0", "1"))
    assert (stranger.status_code, visitor.status_code, staff().get(path).status_code) == (404, 401, 403)
    assert stranger.json()["code"] == missing.json()["code"]
    stripe.get_fails = True
    assert api(payment.customer_id).get(path).json()["code"] == "provider_not_reachable"
    stripe.get_fails = False
    commands.close_order_payments(order_id=payment.order_id, now=timezone.now())
    make_all_calls()
    answer = api(payment.customer_id).get(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_confirm")
    assert statuses(stripe) == ["canceled"]


def test_the_secret_is_nowhere_in_our_books_and_messages(stripe, api, outbox):
    in_browser(an_authorized_order(payment_method="stripe"), api)
    assert "_secret_" not in everything_kept()


def test_what_the_account_has_switched_on_is_offered(stripe):
    an_authorized_order(**VISA)
    (_, _, asked) = next(request for request in stripe.requests if request[0] == "POST")
    assert asked["automatic_payment_methods[enabled]"] == "true"
    assert "payment_method_types[0]" not in asked


def test_while_a_secret_is_exchanged_webhooks_with_both_are_taken(client, stripe, settings):
    settings.STRIPE_WEBHOOK_SECRET = ["whsec_new", SECRET]
    provider_named.cache_clear()
    an_authorized_order(**VISA)
    for number, secret in enumerate(("whsec_new", SECRET)):
        answer = webhook(client, stripe, "payment_intent.succeeded", secret=secret, event_id=f"evt_{number}")
        assert answer.status_code == 200
    assert webhook(client, stripe, "payment_intent.succeeded", secret="whsec_old").status_code == 422


def test_a_part_of_what_is_held_can_be_captured(stripe):
    payment = the_payment(an_authorized_order(**VISA))
    captured = provider_named("stripe").capture(payment.provider_id, eur(1500), key="k")
    assert (captured.status, captured.captured, captured.amount) == ("captured", 1500, 1999)


def test_a_declined_card(stripe, outbox):
    an_authorized_order(payment_method="pm_card_insufficientFunds")
    make_all_calls(at=later(minutes=5))
    declined = outbox.one("payment.declined.v1")
    assert (declined["code"], declined["message"]) == ("insufficient_funds", "Your card was declined.")
    assert len(stripe.intents) == 1


def test_no_token_gets_into_a_message_or_the_books(stripe, outbox):
    an_authorized_order(payment_method="pm_secret_token")
    assert outbox.one("payment.declined.v1")["code"] == "resource_missing"
    assert "pm_secret" not in str(outbox.data("payment.declined.v1"))
    assert "pm_secret" not in str(list(PaymentEvent.objects.values()) + list(ProviderCall.objects.values()))


@pytest.mark.parametrize("how", ["timeout_after", "fail_after"])
def test_work_whose_answer_is_lost_is_found_and_never_done_twice(stripe, outbox, how):
    setattr(stripe, how, 1)
    order_id = an_authorized_order(**VISA)
    assert outbox.types() == ["payment.authorized.v1"]
    commands.capture_payment(order_id=order_id, now=timezone.now())
    setattr(stripe, how, 1)
    make_all_calls()
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(500), reason="", now=timezone.now())
    setattr(stripe, how, 1)
    make_all_calls()
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1", "payment.refunded.v1"]
    assert (len(stripe.intents), len(stripe.refunds)) == (1, 1)
    posts = [path for method, path, _ in stripe.requests if method == "POST"]
    assert len(posts) == 3


def test_a_lost_payment_is_found_behind_many_others(stripe, outbox):
    stripe.timeout_after = 1
    an_authorized_order(**VISA)
    for _ in range(5):
        an_authorized_order(**VISA)
    provider = provider_named("stripe")
    oldest = the_payment(next(iter(stripe.intents.values()))["metadata"]["order_id"])
    found = provider.find(oldest.id, since=later(minutes=-5))
    assert (found.id, found.reference) == ("pi_1", str(oldest.id))


def test_a_stripe_that_cannot_be_reached_has_done_nothing(settings, outbox):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    provider_named.cache_clear()
    request_authorization(uuid4(), **VISA)
    make_all_calls()
    call = ProviderCall.objects.get()
    assert (call.status, call.sent_at, outbox.types()) == ("open", None, [])


def test_a_pending_refund_is_waited_for(stripe, outbox):
    order_id = a_captured_order(**VISA)
    stripe.refund_status = "pending"
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(500), reason="", now=timezone.now())
    make_all_calls()
    assert outbox.data("payment.refunded.v1") == []
    stripe.refunds["re_1"]["status"] = "succeeded"
    make_all_calls(at=later(minutes=5))
    assert outbox.one("payment.refunded.v1")["refunded_total"] == {"amount": 500, "currency": "EUR"}


def test_void_against_capture_at_stripe(stripe, outbox):
    """Somebody captured it in the dashboard while we were voiding."""
    order_id = an_authorized_order(**VISA)
    stripe.intents["pi_1"].update(status="succeeded", amount_received=1999)
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[1:] == ["payment.captured.v1", "payment.refunded.v1", "payment.voided.v1"]
    assert sum(refund["amount"] for refund in stripe.refunds.values()) == 1999


def webhook(client, stripe, type_, *, at=None, event_id="evt_1", secret=SECRET, shown=None):
    event = {
        "id": event_id, "object": "event", "type": type_, "created": int(time.time()), "api_version": "x",
        "data": {"object": shown or stripe.intents["pi_1"]},
    }  # fmt: skip
    body, at = json.dumps(event).encode(), int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={digest}"}
    return client.post("/api/v1/payment-webhooks/stripe/", body, content_type="application/json", headers=headers)


def test_a_confirmed_payment(client, stripe, outbox):
    an_authorized_order(payment_method="pm_card_authenticationRequired")
    assert outbox.one("payment.action_required.v1")["action_url"] == "https://hooks.stripe.com/pi_1_secret_1/"
    stripe.intents["pi_1"].update(status="requires_capture", next_action=None)
    for _ in range(2):
        assert webhook(client, stripe, "payment_intent.amount_capturable_updated").status_code == 200
    work.process_webhook.run(WebhookEvent.objects.get().id)
    assert outbox.types()[-1] == "payment.authorized.v1"


@pytest.mark.parametrize("forged", [{"secret": "x"}, {"at": int(time.time()) - 999}, {"at": int(time.time()) + 999}])
def test_forged_old_and_future_webhooks_are_refused(client, stripe, forged):
    an_authorized_order(**VISA)
    assert webhook(client, stripe, "payment_intent.succeeded", **forged).status_code == 422
    assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"[]"])
def test_nonsense_is_refused(client, body):
    at = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    for header in (f"t={at},v1={digest}", "", "t=x,v1=é"):
        answer = client.post(
            "/api/v1/payment-webhooks/stripe/", body, content_type="application/json",
            headers={"Stripe-Signature": header},
        )  # fmt: skip
        assert answer.status_code == 422


def test_the_books_agree(stripe):
    an_authorized_order(**VISA)
    a_captured_order(**VISA)
    an_authorized_order(payment_method="pm_card_chargeDeclined")
    work.reconcile(now=later(seconds=2), settling=timedelta(0))
    assert list(Mismatch.objects.values_list("kind", "ours", "theirs")) == []


def test_a_list_shows_each_refund_however_many_there_are(stripe):
    few, many = a_captured_order(**VISA), a_captured_order(**VISA)
    for order_id, number in ((few, 2), (many, 12)):
        for _ in range(number):
            refund(order_id, uuid4(), 10)
    listed = provider_named("stripe").list_created(later(minutes=-1), later(minutes=1))
    assert {payment.id: len(payment.refunds) for payment in listed} == {"pi_1": 2, "pi_2": 12}


def a_disputed_payment(client, stripe):
    payment = the_payment(a_captured_order(**VISA))
    stripe.open_dispute(payment.provider_id)
    tell(client, stripe, "dp_1")
    return payment


def tell(client, stripe, dispute_id, **given):
    """Send the webhook of a dispute, as it is now, and process it."""
    event_id = f"evt_{uuid4()}"
    sent = webhook(
        client, stripe, "charge.dispute.updated", shown=stripe.disputes[dispute_id], event_id=event_id, **given
    )
    process_all_webhooks()
    return sent


def test_a_dispute_is_recorded_told_and_its_money_taken_from_what_can_be_refunded(client, stripe, outbox):
    payment = a_disputed_payment(client, stripe)
    row = Dispute.objects.get()
    assert (row.payment_id, row.status, row.reason, row.taken_amount) == (
        payment.id,
        "needs_response",
        "fraudulent",
        1999,
    )
    told = outbox.one("payment.disputed.v1")
    assert told["amount"] == {"amount": 1999, "currency": "EUR"} and told["respond_by"]
    assert the_payment(payment.order_id).disputed_amount == 1999
    refund(payment.order_id, uuid4(), 100)
    assert outbox.one("payment.refund_failed.v1")["code"] == "refund_exceeds_captured"
    assert work.reconcile(now=later(days=3)) == 0


@pytest.mark.parametrize(("decision", "charged_back"), [("won", 0), ("lost", 1999)])
def test_the_decision_about_a_dispute_is_recorded_and_told_once(client, stripe, outbox, decision, charged_back):
    payment = a_disputed_payment(client, stripe)
    stripe.close_dispute("dp_1", decision)
    for _ in range(2):
        tell(client, stripe, "dp_1")
    told = outbox.one("payment.dispute_closed.v1")
    assert (told["outcome"], told["refunded_total"]["amount"]) == (decision, charged_back)
    row = the_payment(payment.order_id)
    assert (row.disputed_amount, row.charged_back_amount) == (0, charged_back)
    assert work.reconcile(now=later(days=3)) == 0


def test_what_counts_is_the_dispute_at_stripe_not_what_a_webhook_said_of_it(client, stripe, outbox):
    a_disputed_payment(client, stripe)
    shown = {**stripe.disputes["dp_1"], "status": "lost"}
    webhook(client, stripe, "charge.dispute.closed", shown=shown, event_id="evt_late")
    process_all_webhooks()
    assert Dispute.objects.get().status == "needs_response"
    assert outbox.data("payment.dispute_closed.v1") == []


def test_a_dispute_that_was_decided_while_all_webhooks_were_lost_is_found_by_reconciliation(stripe, outbox):
    payment = the_payment(a_captured_order(**VISA))
    stripe.open_dispute(payment.provider_id)
    work.reconcile(now=later(minutes=1))
    stripe.close_dispute("dp_1", "lost")
    stripe.disputes["dp_1"]["created"] -= 60 * 86_400
    work.reconcile(now=later(days=3))
    assert outbox.one("payment.dispute_closed.v1")["outcome"] == "lost"


def test_an_inquiry_takes_no_money(client, stripe):
    payment = the_payment(a_captured_order(**VISA))
    stripe.open_dispute(payment.provider_id)
    stripe.disputes["dp_1"]["status"] = "warning_needs_response"
    tell(client, stripe, "dp_1")
    assert Dispute.objects.get().taken_amount == 0
    assert the_payment(payment.order_id).disputed_amount == 0


def test_a_dispute_of_a_payment_that_nobody_here_knows_is_shown_to_staff(client, stripe):
    a_captured_order(**VISA)
    stripe.open_dispute("pi_1")
    stripe.disputes["dp_1"]["payment_intent"] = "pi_unknown"
    tell(client, stripe, "dp_1")
    row = Mismatch.objects.get()
    assert (row.kind, row.provider_id, row.payment_id) == ("dispute", "dp_1", None)


def test_a_webhook_with_a_state_that_we_do_not_know_is_stored(client, stripe):
    an_authorized_order(**VISA)
    stripe.intents["pi_1"]["status"] = "requires_something_new"
    assert webhook(client, stripe, "payment_intent.updated").status_code == 200
    assert WebhookEvent.objects.get().hint == ""


def test_a_webhook_is_refused_while_no_secret_is_set(client, stripe, settings):
    an_authorized_order(**VISA)
    settings.STRIPE_WEBHOOK_SECRET = []
    provider_named.cache_clear()
    assert webhook(client, stripe, "payment_intent.succeeded", secret="").status_code == 422


def test_a_payment_made_by_a_later_send_is_found(stripe, outbox):
    """The first request was lost; the second one did its work half an hour later, and its answer was lost, too."""
    stripe.fail_before = 1
    request_authorization(uuid4(), **VISA)
    stripe.get_fails = True
    make_all_calls()
    stripe.get_fails, stripe.fail_after, stripe.clock = False, 1, lambda: time.time() + 1800
    make_all_calls(at=later(minutes=30))
    make_all_calls(at=later(minutes=40))
    assert outbox.types() == ["payment.authorized.v1"]
    assert len(stripe.intents) == 1


@pytest.mark.parametrize(
    ("captured", "asked"),
    [
        (Money(500, "JPY"), 500), (Money(1999, "EUR"), 1999), (Money(500, "ISK"), 50_000), (Money(500, "UGX"), 50_000),
        (Money(12_340, "KWD"), 12_340),
    ],
)  # fmt: skip
def test_stripe_is_asked_for_exactly_the_amount_in_its_own_units(stripe, outbox, captured, asked):
    order_id = a_captured_order(amount=captured, **VISA)
    (intent,) = stripe.intents.values()
    assert (intent["amount"], intent["amount_received"]) == (asked, asked)
    assert outbox.one("payment.captured.v1")["amount"] == captured.as_dict()
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=captured, reason="", now=timezone.now())
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["refunded_total"] == captured.as_dict()
    assert work.reconcile(now=later(seconds=2), settling=timedelta(0)) == 0


def test_an_amount_that_stripe_would_round_is_declined_and_never_sent(stripe, outbox):
    an_authorized_order(amount=Money(12_345, "KWD"), **VISA)
    assert outbox.one("payment.declined.v1")["code"] == "amount_not_representable"
    assert stripe.intents == {}


def test_a_refund_that_fails_later_is_taken_out_of_the_books(client, stripe, outbox):
    order_id = a_captured_order(**VISA)
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(500), reason="", now=timezone.now())
    make_all_calls()
    stripe.refunds["re_1"]["status"] = "failed"
    assert webhook(client, stripe, "refund.failed", shown=stripe.refunds["re_1"]).status_code == 200
    work.process_webhook.run(WebhookEvent.objects.get().id)
    assert outbox.types()[-1] == "payment.refund_failed.v1"
    assert the_payment(order_id).refunded_amount == 0


def test_the_checker_refuses_what_stripe_does_not_know(checker):
    if not checker:
        pytest.skip("only on a machine where SOUK_STRIPE_MOCK names stripe-mock")
    good = ("POST", "/v1/refunds", {"payment_intent": "pi_1", "amount": "5"})
    assert stripe_mock.refused(checker, [good]) == []
    assert len(stripe_mock.refused(checker, [("POST", "/v1/refunds", {"payment_intention": "pi_1"}), good])) == 1
