"""Only staff of the finance group can refund."""

import json
from uuid import uuid4

import pytest
from tests.factories import a_captured_order, an_authorized_order, make_all_calls, provider_totals, the_payment

from payments.models import Refund

pytestmark = pytest.mark.django_db
PATH = "/api/v1/refunds/"


@pytest.fixture
def finance(staff):
    """POST like the browser of a finance member, with the CSRF token."""

    browsers = {}

    def post(body, key="k-1", groups=("finance",)):
        browser = browsers.setdefault(tuple(groups), staff(superuser=False, groups=list(groups)))
        browser.handler.enforce_csrf_checks = False
        headers = {"Idempotency-Key": key} if key else {}
        return browser.post(PATH, json.dumps(body), content_type="application/json", headers=headers)

    return post


def body(payment, cents=500, **given):
    return {
        "payment_id": str(payment.id), "amount": {"amount": cents, "currency": "EUR"}, "reason": "scratched", **given,
    }  # fmt: skip


def test_finance_refunds_a_part_once_however_often_it_is_sent(finance, outbox):
    payment = the_payment(a_captured_order())
    first, second = finance(body(payment)), finance(body(payment))
    assert (first.status_code, second.status_code) == (202, 202), first.content
    assert first.json() == second.json()
    make_all_calls()
    assert provider_totals()["refunds"] == 500
    assert outbox.one("payment.refunded.v1")["refund_id"] == first.json()["id"]
    assert Refund.objects.get().requested_by == "staff@souk.test"


def test_the_key_is_needed_and_belongs_to_one_body(finance):
    payment = the_payment(a_captured_order())
    assert finance(body(payment), key="").status_code == 400
    assert finance(body(payment)).status_code == 202
    assert finance(body(payment, cents=1)).json()["code"] == "idempotency_key_reused"


def test_too_much_is_refused_and_says_what_is_left(finance):
    answer = finance(body(the_payment(a_captured_order()), cents=2000))
    assert answer.status_code == 409
    assert answer.json()["code"] == "refund_exceeds_captured"
    assert answer.json()["left"] == {"amount": 1999, "currency": "EUR"}
    assert Refund.objects.count() == 0


def test_uncaptured_money_is_not_refunded(finance):
    assert finance(body(the_payment(an_authorized_order()))).json()["code"] == "not_captured"


def test_support_and_customers_may_not_refund(finance, api, customer_id):
    payment = the_payment(a_captured_order(customer_id=customer_id))
    assert finance(body(payment), groups=["support"]).status_code == 403
    answer = api().post(PATH, body(payment), headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 403
    assert Refund.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"payment_id": "x"},
        {"payment_id": None},
        {"amount": 5},
        {"amount": []},
        {"amount": {"amount": 10**30, "currency": "EUR"}},
        {"amount": {"amount": 1.5, "currency": "EUR"}},
        {"amount": {"amount": -1, "currency": "EUR"}},
        {"amount": {"amount": 1, "currency": "eur"}},
        {"reason": "\0"},
        {"reason": "\ud800"},
        {"reason": "x" * 201},
        {"reason": ["x"]},
        {"more": 1},
    ],
)
def test_bad_input_is_a_problem_and_refunds_nothing(finance, change):
    answer = finance(body(the_payment(a_captured_order()), **change))
    assert answer.status_code == 400
    assert Refund.objects.count() == 0


def test_a_list_instead_of_an_object_is_a_problem(finance):
    assert finance([1, 2]).status_code == 400


def test_an_unknown_payment_is_not_found(finance):
    answer = finance({"payment_id": str(uuid4()), "amount": {"amount": 1, "currency": "EUR"}, "reason": "x"})
    assert answer.status_code == 404
