from uuid import uuid4

import pytest
from tests.factories import a_payment, an_order, eur

from chassis.core.money import Money
from chassis.core.states import IllegalTransition
from payments.domain import refunds
from payments.domain.payment import TRANSITIONS, InvalidAmount, NotCaptured, PaymentStatus, RefundExceedsCaptured
from payments.domain.refund import REFUND_TRANSITIONS, Refund, RefundStatus

S, R = PaymentStatus, RefundStatus


def test_every_state_has_its_place_in_the_table():
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize("final", [S.CAPTURED, S.VOIDED])
def test_nothing_comes_after(final):
    payment = a_payment(status=final)
    for other in S:
        with pytest.raises(IllegalTransition):
            payment.with_status(other)


def test_a_voided_payment_cannot_be_captured():
    with pytest.raises(IllegalTransition):
        a_payment(status=S.VOIDED).with_status(S.CAPTURED)


def test_the_card_is_forgotten_once_the_provider_has_decided():
    payment = a_payment()
    payment = payment.with_status(S.UNKNOWN)
    assert payment.method == "card_ok"
    payment = payment.with_status(S.AUTHORIZED)
    assert payment.method == ""


def test_refunds_together_never_exceed_what_was_captured():
    payment = a_payment(status=S.CAPTURED, captured=1000)
    payment = payment.with_claim(eur(600))
    with pytest.raises(RefundExceedsCaptured) as refusal:
        payment.with_claim(eur(401))
    assert refusal.value.facts == {"left": {"amount": 400, "currency": "EUR"}}
    assert payment.with_claim(eur(400)).claimed == 1000


@pytest.mark.parametrize("amount", [eur(0), eur(-1), Money(5, "USD")])
def test_a_refund_is_positive_and_in_the_same_currency(amount):
    with pytest.raises(InvalidAmount):
        a_payment(status=S.CAPTURED, captured=1000).with_claim(amount)


def test_money_that_was_not_captured_cannot_be_refunded():
    with pytest.raises(NotCaptured):
        a_payment(status=S.AUTHORIZED).with_claim(eur(1))


@pytest.mark.parametrize(
    ("transitions", "ends"),
    [
        (TRANSITIONS, {S.CAPTURED, S.VOIDED, S.DECLINED, S.FAILED}),
        # a failed or reversed refund ends this attempt; staff or the shop make the next one
        (REFUND_TRANSITIONS, {R.SUCCEEDED, R.FAILED, R.REVERSED}),
    ],
)
def test_every_state_leads_to_an_end(transitions, ends):
    for start in transitions:
        reached, open_ = set(), {start}
        while open_:
            state = open_.pop()
            reached.add(state)
            open_ |= transitions[state] - reached
        assert reached & ends, start


@pytest.mark.parametrize("status", [R.FAILED, R.REVERSED])
def test_a_person_has_a_way_on_from_every_refund_that_did_not_succeed(status):
    order, payment = an_order(requested=a_payment(status=S.CAPTURED, captured=1999))
    failed = Refund(id=uuid4(), payment_id=payment.id, amount=eur(500), status=status)
    order.keep_refund(failed)
    again = refunds.retry(order, failed.id, requested_by="ann@souk.test")
    assert (again.key, again.attempt, again.status) == (failed.key, 2, R.REQUESTED)
