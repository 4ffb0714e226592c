"""Customers see only their own payments and refunds."""

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from tests.factories import a_captured_order, an_authorized_order, eur, make_all_calls, the_payment

from payments import commands
from payments.models import Refund
from testkit.project import queries_of

pytestmark = pytest.mark.django_db


def test_a_customer_sees_the_payment_of_an_order(api, customer_id):
    order_id = a_captured_order(customer_id=customer_id)
    answer = api().get("/api/v1/payments/", {"order_id": str(order_id)})
    (payment,) = answer.json()["results"]
    assert payment["status"] == "captured"
    assert payment["amount"] == payment["captured"] == {"amount": 1999, "currency": "EUR"}
    assert api().get(f"/api/v1/payments/{payment['id']}/").json() == payment
    assert "method" not in payment
    assert "customer_id" not in payment


def test_another_customers_payment_looks_like_a_missing_one(api, customer_id):
    payment = the_payment(a_captured_order(customer_id=customer_id))
    stranger = api(uuid4())
    theirs, missing = (stranger.get(f"/api/v1/payments/{id_}/") for id_ in (payment.id, uuid4()))
    assert (theirs.status_code, theirs.json()) == (404, missing.json())
    assert stranger.get("/api/v1/payments/", {"order_id": str(payment.order_id)}).json()["results"] == []


def test_another_customers_refund_looks_like_a_missing_one(api, customer_id):
    payment = the_payment(a_captured_order(customer_id=customer_id))
    commands.refund_payment(order_id=payment.order_id, refund_id=uuid4(), amount=eur(1), reason="", now=timezone.now())
    path = f"/api/v1/refunds/{Refund.objects.get().id}/"
    assert api().get(path).json()["amount"] == {"amount": 1, "currency": "EUR"}
    assert api(uuid4()).get(path).json() == api(uuid4()).get(f"/api/v1/refunds/{uuid4()}/").json()
    assert api(uuid4()).get("/api/v1/refunds/").json()["results"] == []


def test_a_visitor_gets_nothing(api):
    for path in ("payments/", "refunds/", f"payments/{uuid4()}/", f"refunds/{uuid4()}/"):
        assert api(None).get(f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize("query", ["order_id=1", "order_id=\0", "status=\0", "cursor=\0", "page_size=-1", "status=no"])
@pytest.mark.parametrize("path", ["payments", "refunds"])
def test_odd_queries_are_bad_requests_at_worst(api, path, query):
    assert api().get(f"/api/v1/{path}/?{query}").status_code in {200, 400, 404}


@pytest.mark.parametrize("path", ["payments", "refunds"])
def test_lists_make_a_constant_number_of_queries(api, customer_id, path):
    def orders(count):
        for _ in range(count):
            order_id = a_captured_order(customer_id=customer_id)
            commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(1), reason="", now=timezone.now())

    orders(1)
    first = queries_of(connection, lambda: api().get(f"/api/v1/{path}/"))
    orders(3)
    assert len(api().get(f"/api/v1/{path}/").json()["results"]) == 4
    assert queries_of(connection, lambda: api().get(f"/api/v1/{path}/")) == first


def test_the_customer_is_shown_where_to_confirm(api, customer_id):
    order_id = an_authorized_order(customer_id=customer_id, payment_method="card_action_required")
    (payment,) = api().get(f"/api/v1/payments/?order_id={order_id}").json()["results"]
    assert payment["status"] == "action_required"
    assert "/challenges/" in payment["action_url"]


def test_a_declined_card_says_why(api, customer_id):
    an_authorized_order(customer_id=customer_id, payment_method="card_insufficient_funds")
    make_all_calls()
    (payment,) = api().get("/api/v1/payments/?status=declined").json()["results"]
    assert payment["message"] == "There is not enough money on the card."
