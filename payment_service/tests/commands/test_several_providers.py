"""Several providers at a time: each payment stays with the one that it was made with."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import an_authorized_order, later, make_all_calls, request_authorization, the_payment
from tests.fakes.stripe_server import running

from payments import commands, work
from payments.models import Mismatch, Payment
from payments.providers import provider_named
from sandbox.stripe.account import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stripe(settings):
    fake = Account()
    with running(fake) as url:
        settings.PAYMENT_PROVIDERS = ["sandbox", "stripe"]
        settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_1", url
        settings.STRIPE_WEBHOOK_SECRET = ["whsec_test"]
        provider_named.cache_clear()
        yield fake
    provider_named.cache_clear()


def test_each_payment_is_captured_by_its_own_provider(stripe, outbox, settings):
    by_sandbox, by_stripe = an_authorized_order(), an_authorized_order(payment_method="stripe:pm_card_visa")
    settings.PAYMENT_PROVIDERS = ["sandbox"]  # the shop gives Stripe up
    for order_id in (by_sandbox, by_stripe):
        commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert [the_payment(order_id).provider for order_id in (by_sandbox, by_stripe)] == ["sandbox", "stripe"]
    assert [the_payment(order_id).status for order_id in (by_sandbox, by_stripe)] == ["captured", "captured"]
    assert [intent["status"] for intent in stripe.intents.values()] == ["succeeded"]


def test_a_provider_that_is_not_offered_is_declined_and_nothing_is_sent(outbox, settings, stripe):
    settings.PAYMENT_PROVIDERS = ["sandbox"]
    an_authorized_order(payment_method="stripe:pm_card_visa")
    declined = outbox.one("payment.declined.v1")
    assert (declined["code"], declined["attempt"]) == ("payment_method_unavailable", 1)
    assert (Payment.objects.count(), len(stripe.requests)) == (0, 0)


def test_after_a_decline_the_customer_pays_with_another_provider(outbox, stripe):
    order_id = an_authorized_order(payment_method="sandbox:card_declined")
    request_authorization(order_id, attempt=2, payment_method="stripe:pm_card_visa")
    make_all_calls()
    assert outbox.types() == ["payment.declined.v1", "payment.authorized.v1"]
    assert [payment["status"] for payment in stripe.intents.values()] == ["requires_capture"]


def test_a_country_that_the_shop_excludes_is_declined(outbox, settings):
    settings.PAYMENT_COUNTRIES = {"sandbox": frozenset({"DE"})}
    request_authorization(uuid4(), country="DE")
    request_authorization(uuid4(), country="FR")
    assert outbox.one("payment.declined.v1")["code"] == "payment_method_unavailable"
    assert Payment.objects.count() == 1


def test_the_books_of_all_are_compared_although_one_cannot_be_reached(stripe, monkeypatch):
    an_authorized_order()
    an_authorized_order(payment_method="stripe:pm_card_visa")
    stripe.intents["pi_9"] = {**stripe.intents["pi_1"], "id": "pi_9", "metadata": {}}
    monkeypatch.setattr(provider_named("sandbox"), "list_created", lambda *_: 1 / 0)
    work.reconcile(now=later(seconds=2), settling=timedelta(0))
    assert list(Mismatch.objects.values_list("provider", "provider_id", "kind")) == [("stripe", "pi_9", "not_here")]
