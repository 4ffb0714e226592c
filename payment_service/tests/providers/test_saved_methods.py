"""Saved ways to pay, over real HTTP against Stripe's recording stand-in."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.privacy.erasures import erase_due
from payments import tasks, work
from payments.commands.privacy import collect
from payments.models import Payment, ProviderCustomer
from payments.providers import provider_named
from testkit.traces import traces_of
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    later,
    make_all_calls,
    request_authorization,
    the_payment,
)
from tests.fakes import stripe_mock
from tests.fakes.stripe_server import account

pytest.importorskip("stripe")
pytestmark = pytest.mark.django_db
PATH = "/api/v1/payment-methods/saved/"


@pytest.fixture(scope="module")
def checker():
    with stripe_mock.running() as url:
        yield url


@pytest.fixture(autouse=True)
def stripe(settings, checker):
    with account(settings, checker) as fake:
        yield fake


@pytest.fixture
def save(api, stripe):
    """`save()`: the customer saves a card in the browser; return what the list shows."""

    def make(*who, last4="4242"):
        secret = api(*who).post(PATH).json()["client_secret"]
        stripe.save_in_browser(secret, last4)
        return api(*who).get(PATH).json()["results"]

    return make


def test_a_customer_saves_a_card_and_sees_it(api, save):
    assert api().get(PATH).json() == {"results": []}
    (card,) = save()
    assert card == {"id": "pm_saved_1", "kind": "card", "brand": "visa", "last4": "4242", "expires": "2034-04"}
    assert "no-store" in api().get(PATH)["Cache-Control"]


def test_nothing_of_a_card_is_stored_here(save):
    save(last4="9995")
    assert traces_of(["9995", "pm_saved_1", "visa"]) == set()


def test_an_order_is_paid_with_a_saved_card_and_the_account_it_belongs_to(save, stripe, customer_id):
    save()
    order_id = a_captured_order(customer_id=customer_id, payment_method="stripe:pm_saved_1")
    assert the_payment(order_id).status == "captured"
    asked = next(asked for method, path, asked in stripe.requests if (method, path) == ("POST", "/v1/payment_intents"))
    assert (asked["customer"], asked["payment_method"]) == ("cus_1", "pm_saved_1")


def test_a_customer_with_an_account_can_still_pay_with_another_card(save, customer_id):
    save()
    order_id = an_authorized_order(customer_id=customer_id, payment_method="stripe:pm_card_visa")
    assert the_payment(order_id).status == "authorized"


@pytest.mark.parametrize("token", ["pm_saved_1", "cus_1/pm_saved_1"])
def test_nobody_pays_with_somebody_elses_card(save, token):
    save()
    order_id = uuid4()
    request_authorization(order_id, customer_id=uuid4(), payment_method=f"stripe:{token}")
    make_all_calls()
    assert not Payment.objects.filter(order_id=order_id, status__in=["authorized", "captured"]).exists()


def test_a_customer_removes_a_card_and_nobody_elses(api, save, stripe):
    save()
    save(uuid4())
    assert api().delete(f"{PATH}pm_saved_2/").status_code == 404
    assert api().delete(f"{PATH}pm_saved_1/").status_code == 204
    assert api().get(PATH).json() == {"results": []}
    assert stripe.methods["pm_saved_2"]["customer"] == "cus_2"


def test_an_answer_that_is_lost_makes_no_second_account(api, save, stripe, settings):
    settings.PAYMENT_TIMEOUT = 0.3
    provider_named.cache_clear()
    stripe.timeout_after = 1
    answer = api().post(PATH)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_not_reachable")
    assert len(save()) == 1
    assert list(stripe.customers) == ["cus_1"]


def test_a_provider_that_does_not_answer_is_told(api, save, stripe):
    save()
    stripe.get_fails = True
    assert (api().get(PATH).status_code, api().get(PATH).json()["code"]) == (503, "provider_not_reachable")


def test_there_are_limits(api, save, settings):
    settings.SAVED_METHODS_MOST = 1
    save()
    assert api().post(PATH).json()["code"] == "too_many_saved_methods"
    settings.SAVED_METHODS_MOST, settings.SAVED_METHOD_SET_UPS_PER_DAY = 10, 3
    assert api().post(PATH).status_code == 201
    answer = api().post(PATH)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_set_ups")
    assert int(answer["Retry-After"]) > 80_000
    ProviderCustomer.objects.update(counted_since=later(days=-1.1))
    assert api().post(PATH).status_code == 201


def test_a_shop_without_stripe_offers_no_saving(api, settings):
    settings.PAYMENT_PROVIDERS = ["sandbox"]
    assert api().post(PATH).json()["code"] == "saving_not_offered"
    assert api().get(PATH).json() == {"results": []}


def test_a_deleted_account_is_deleted_at_the_provider_too_before_the_receipt_says_so(
    save, stripe, deliver, customer_id, outbox
):
    save()
    deliver("user.deleted.v1", {"user_id": customer_id})
    erase_due(now=timezone.now())
    assert "account at the payment provider" in outbox.data("erasure.report.v1")[-1]["waits_for"]
    tasks.forget_accounts_at_providers.run()
    assert stripe.customers["cus_1"]["deleted"]
    assert stripe.methods["pm_saved_1"]["customer"] is None
    erase_due(now=later(hours=1))
    assert outbox.data("erasure.report.v1")[-1]["erased_at"]
    assert not ProviderCustomer.objects.exists()


def test_a_provider_that_is_away_delays_the_deletion_and_loses_nothing(save, stripe, deliver, customer_id, settings):
    save()
    deliver("user.deleted.v1", {"user_id": customer_id})
    good = settings.STRIPE_API_BASE
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    provider_named.cache_clear()
    tasks.forget_accounts_at_providers.run()
    assert ProviderCustomer.objects.count() == 1
    settings.STRIPE_API_BASE = good
    provider_named.cache_clear()
    work.forget_accounts(now=later(hours=2))
    assert not ProviderCustomer.objects.exists()


def test_the_export_names_the_account_and_no_card(save, customer_id):
    save()
    (account,) = collect(customer_id)["accounts_at_providers"]
    assert (account["provider"], account["provider_id"]) == ("stripe", "cus_1")
