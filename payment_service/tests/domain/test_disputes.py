"""What a dispute does to the money of an order."""

from dataclasses import replace
from uuid import uuid4

import pytest
from tests.factories import an_order, forget_effects, found

from payments.domain import lifecycle, provider_updates, refunds
from payments.domain.dispute import DisputeStatus
from payments.domain.disputes import apply_dispute
from payments.domain.ledger import sums
from payments.domain.payment import RefundExceedsCaptured
from payments.domain.provider_payment import ProviderDispute, ProviderRefund, ProviderStatus
from payments.domain.refund import Refund, RefundStatus
from payments.events_out import PaymentDisputeClosed, PaymentDisputed, PaymentRefunded, PaymentVoided

OPENED = ProviderDispute(id="dp_1", status=DisputeStatus.NEEDS_RESPONSE, amount=1999, currency="EUR", taken=1999)
WON = replace(OPENED, status=DisputeStatus.WON, taken=0)
LOST = replace(OPENED, status=DisputeStatus.LOST)


@pytest.fixture
def order():
    order, payment = an_order()
    provider_updates.apply_payment(order, payment.id, found(payment, ProviderStatus.CAPTURED))
    forget_effects(order)
    return order


def report(order, *disputes):
    for dispute in disputes:
        apply_dispute(order, next(iter(order.payments)), dispute)


def the_payment(order):
    (payment,) = order.payments.values()
    return payment


def told(order, kind):
    return [message for message in order.messages if isinstance(message, kind)]


def test_disputed_money_cannot_be_refunded(order):
    report(order, OPENED)
    with pytest.raises(RefundExceedsCaptured):
        refunds.request(order, Refund(id=uuid4(), payment_id=the_payment(order).id, amount=the_payment(order).money(1)))


def test_the_ledger_has_what_was_taken_and_given_back(order):
    report(order, OPENED)
    assert sums(order.entries).taken == 1999
    report(order, WON)
    assert sums(order.entries).taken == 0
    assert the_payment(order).disputed == 0


def test_money_lost_by_a_dispute_counts_as_returned_to_the_customer(order):
    report(order, OPENED, LOST)
    payment = the_payment(order)
    assert (payment.disputed, payment.charged_back, payment.returned) == (0, 1999, 1999)
    assert told(order, PaymentDisputeClosed)[0].refunded_total.amount == 1999


def test_a_repeated_or_stale_report_changes_nothing(order):
    report(order, OPENED, LOST)
    before = (the_payment(order), list(order.messages), list(order.entries))
    report(order, LOST, OPENED, replace(OPENED, status=DisputeStatus.UNDER_REVIEW))
    assert (the_payment(order), order.messages, order.entries) == before


def test_a_decision_may_be_the_first_that_is_heard_of_a_dispute(order):
    report(order, LOST)
    assert len(told(order, PaymentDisputed)) == len(told(order, PaymentDisputeClosed)) == 1
    assert the_payment(order).charged_back == 1999


def test_an_appeal_turns_a_lost_dispute_into_a_won_one(order):
    report(order, OPENED, LOST, WON)
    assert [message.outcome for message in told(order, PaymentDisputeClosed)] == ["lost", "won"]
    assert the_payment(order).refundable == 1999


def test_a_won_dispute_stays_won_whatever_older_reports_say(order):
    report(order, OPENED, WON, LOST, OPENED)
    assert (the_payment(order).disputed, the_payment(order).charged_back) == (0, 0)


def test_a_closed_order_whose_money_is_disputed_holds_nothing(order):
    report(order, OPENED)
    lifecycle.close(order)
    assert told(order, PaymentVoided)
    assert order.calls == []


def test_money_that_comes_back_to_a_closed_order_is_refunded(order):
    report(order, OPENED)
    lifecycle.close(order)
    report(order, WON)
    (call,) = order.calls
    assert (call.operation, call.amount.amount, order.voided) == ("refund", 1999, False)


def test_money_that_comes_back_to_an_order_whose_rest_was_refunded_for_its_cancellation_is_refunded_too(order):
    report(order, replace(LOST, amount=500, taken=500))
    refunds.request_by_message(
        order, Refund(id=order.order_id, payment_id=order.order_id, amount=the_payment(order).money(1499))
    )
    report(order, replace(WON, amount=500))
    assert [call.amount.amount for call in order.calls] == [1499, 500]


def test_a_dispute_over_a_part_leaves_the_rest_to_be_refunded(order):
    report(order, replace(OPENED, amount=500, taken=500))
    payment = the_payment(order)
    refunds.request(order, Refund(id=uuid4(), payment_id=payment.id, amount=payment.money(1499)))
    (refund,) = order.refunds.values()
    provider_updates.apply_refund(order, payment.id, ProviderRefund(id="re_1", reference=str(refund.id), amount=1499))
    assert order.refunds[refund.id].status is RefundStatus.SUCCEEDED
    report(order, replace(LOST, amount=500, taken=500))
    assert told(order, PaymentRefunded)[0].refunded_total.amount == 1499
    assert the_payment(order).returned == 1999
