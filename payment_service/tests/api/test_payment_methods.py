"""Which ways to pay a customer is offered."""

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import a_captured_order, an_authorized_order, the_payment

from payments.commands import close_order_payments

pytestmark = pytest.mark.django_db
PATH = "/api/v1/payment-methods/"


@pytest.fixture(autouse=True)
def _two(settings):
    settings.PAYMENT_PROVIDERS = ["sandbox", "stripe"]
    settings.PAYMENT_COUNTRIES = {"stripe": frozenset({"DE"})}


def names(answer):
    assert answer.status_code == 200
    return [way["name"] for way in answer.json()["results"]]


def test_a_visitor_sees_what_may_be_used_in_a_country(client):
    assert names(client.get(PATH, {"country": "DE", "currency": "EUR"})) == ["sandbox", "stripe"]
    assert names(client.get(PATH, {"country": "FR"})) == ["sandbox"]
    assert names(client.get(PATH)) == ["sandbox"]


@pytest.mark.parametrize("query", [{"country": "Germany"}, {"currency": "eur"}, {"order_id": "1"}, {"card": "x"}])
def test_an_invalid_parameter_is_named(client, query):
    answer = client.get(PATH, query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] in query


def test_a_declined_order_can_be_paid_in_another_way(api):
    payment = the_payment(an_authorized_order(payment_method="card_action_required"))
    answer = api(payment.customer_id).get(PATH, {"order_id": payment.order_id, "country": "DE"})
    assert names(answer) == ["sandbox", "stripe"]


def test_an_order_that_is_paid_or_closed_needs_none(api):
    paid, closed = a_captured_order(), an_authorized_order(payment_method="card_action_required")
    close_order_payments(order_id=closed, now=timezone.now())
    for order_id in (paid, closed):
        assert names(api(the_payment(order_id).customer_id).get(PATH, {"order_id": order_id})) == []


def test_only_what_is_the_same_for_everybody_may_be_kept(api, client):
    payment = the_payment(an_authorized_order(payment_method="card_action_required"))
    own = api(payment.customer_id).get(PATH, {"order_id": payment.order_id})
    assert own.headers["Cache-Control"] == "private, no-store"
    assert client.get(PATH).headers["Cache-Control"] == "public, max-age=60"


def test_the_order_of_another_looks_like_none(api, client):
    payment = the_payment(an_authorized_order())
    answers = [
        api(uuid4()).get(PATH, {"order_id": payment.order_id}),
        api(payment.customer_id).get(PATH, {"order_id": uuid4()}),
        client.get(PATH, {"order_id": payment.order_id}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.json()["code"] for answer in answers}) == 1
