"""The messages and calls that follow a request or a report about an order's payments."""

from uuid import uuid4

import pytest
from tests.factories import a_payment, an_order, eur, forget_effects, found

from payments.domain import lifecycle, provider_updates, refunds
from payments.domain.ledger import sums
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import PaymentStatus
from payments.domain.provider_calls import Operation
from payments.domain.provider_payment import ProviderRefund, ProviderStatus
from payments.domain.refund import Refund, RefundStatus
from payments.events_out import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
)

S, P = PaymentStatus, ProviderStatus


def sent(order):
    return [type(message) for message in order.messages]


def called(order):
    return [call.operation for call in order.calls]


def authorized():
    order, payment = an_order()
    provider_updates.apply_payment(order, payment.id, found(payment, P.AUTHORIZED))
    forget_effects(order)
    return order, payment


def capturing():
    order, payment = authorized()
    lifecycle.request_capture(order)
    forget_effects(order)
    return order, payment


def captured():
    order, payment = capturing()
    provider_updates.apply_payment(order, payment.id, found(payment, P.CAPTURED))
    forget_effects(order)
    return order, payment


def test_the_way_of_a_good_payment():
    order = OrderPayments(order_id=uuid4())
    payment = a_payment(order.order_id)
    lifecycle.request_authorization(order, payment)
    provider_updates.apply_payment(order, payment.id, found(payment, P.AUTHORIZED))
    lifecycle.request_capture(order)
    provider_updates.apply_payment(order, payment.id, found(payment, P.CAPTURED))
    assert called(order) == [Operation.AUTHORIZE, Operation.CAPTURE]
    assert sent(order) == [PaymentAuthorized, PaymentCaptured]
    assert order.payment(payment.id).status is S.CAPTURED
    assert (sums(order.entries).authorized, sums(order.entries).captured) == (1999, 1999)


def test_a_question_asked_twice_is_answered_twice_and_asked_of_the_provider_once():
    order, payment = authorized()
    lifecycle.request_authorization(order, a_payment(order.order_id))
    assert sent(order) == [PaymentAuthorized]
    assert called(order) == []
    assert list(order.payments) == [payment.id]


def test_a_running_question_asked_again_changes_nothing():
    order, _ = an_order()
    lifecycle.request_authorization(order, a_payment(order.order_id))
    assert (sent(order), called(order)) == ([], [])


@pytest.mark.parametrize(
    ("status", "answer"),
    [(P.AUTHORIZED, PaymentAuthorized), (P.ACTION_REQUIRED, PaymentActionRequired), (P.DECLINED, PaymentDeclined)],
)
def test_the_same_sight_twice_is_told_once(status, answer):
    order, payment = an_order()
    for _ in range(2):
        provider_updates.apply_payment(order, payment.id, found(payment, status, action_url="https://bank.example/1"))
    assert sent(order) == [answer]


def test_sights_in_reverse_order_leave_the_latest_state():
    order, payment = captured()
    provider_updates.apply_payment(order, payment.id, found(payment, P.AUTHORIZED))
    provider_updates.apply_payment(order, payment.id, found(payment, P.ACTION_REQUIRED))
    assert order.payment(payment.id).status is S.CAPTURED
    assert (sent(order), called(order)) == ([], [])


def test_another_card_releases_the_first_one():
    order, first = an_order()
    provider_updates.apply_payment(order, first.id, found(first, P.ACTION_REQUIRED))
    forget_effects(order)
    lifecycle.request_authorization(order, a_payment(order.order_id, attempt=2))
    assert order.payment(first.id).status is S.VOIDING
    assert called(order) == [Operation.VOID, Operation.AUTHORIZE]


def test_the_first_card_succeeding_late_is_released_not_told():
    order, first = an_order()
    lifecycle.request_authorization(order, a_payment(order.order_id, attempt=2))
    forget_effects(order)
    provider_updates.apply_payment(order, first.id, found(first, P.AUTHORIZED))
    assert order.payment(first.id).status is S.VOIDING
    assert (sent(order), called(order)) == ([], [Operation.VOID])


def test_no_second_card_is_charged_when_money_is_held_already():
    order, first = authorized()
    lifecycle.request_authorization(order, a_payment(order.order_id, attempt=2))
    (answer,) = order.messages
    assert (answer.payment_id, answer.attempt) == (first.id, 2)
    assert called(order) == []


def test_an_old_attempt_that_comes_late_is_not_begun():
    order, _ = an_order(requested=a_payment(attempt=2))
    lifecycle.request_authorization(order, a_payment(order.order_id, attempt=1))
    assert (len(order.payments), called(order)) == (1, [])


def test_a_payment_of_nothing_is_declined():
    order = OrderPayments(order_id=uuid4())
    lifecycle.request_authorization(order, a_payment(order.order_id, amount=eur(0)))
    assert sent(order) == [PaymentDeclined]
    assert order.payments == {}


def test_after_a_void_every_authorize_is_answered_voided():
    order = OrderPayments(order_id=uuid4())
    lifecycle.close(order)
    lifecycle.request_authorization(order, a_payment(order.order_id))
    assert sent(order) == [PaymentVoided, PaymentVoided]
    assert order.payments == {}


def test_a_void_releases_what_is_held_and_tells_when_it_is_gone():
    order, payment = authorized()
    lifecycle.close(order)
    assert (sent(order), called(order)) == ([], [Operation.VOID])
    provider_updates.apply_payment(order, payment.id, found(payment, P.VOIDED))
    provider_updates.apply_payment(order, payment.id, found(payment, P.VOIDED))
    assert sent(order) == [PaymentVoided]


def test_a_void_withdraws_a_call_that_nobody_has_made():
    order, payment = an_order()
    order.unsent = frozenset({payment.id})
    lifecycle.close(order)
    assert order.withdrawn == [payment.id]
    assert order.payment(payment.id).status is S.VOIDED
    assert sent(order) == [PaymentVoided]


def test_a_void_waits_for_a_running_authorization_and_releases_it():
    order, payment = an_order()
    lifecycle.close(order)
    assert (sent(order), order.payment(payment.id).status) == ([], S.VOIDING)
    provider_updates.apply_payment(order, payment.id, found(payment, P.AUTHORIZED))
    assert (sent(order), called(order)) == ([], [Operation.VOID])


def test_a_void_of_a_running_authorization_that_is_declined_is_done():
    order, payment = an_order()
    lifecycle.close(order)
    provider_updates.decline(order, payment.id, "card_declined", "No.")
    assert sent(order) == [PaymentVoided]


def test_a_void_during_the_capture_ends_in_a_full_refund():
    order, payment = capturing()
    lifecycle.close(order)
    assert order.payment(payment.id).status is S.CAPTURING
    provider_updates.apply_payment(order, payment.id, found(payment, P.CAPTURED))
    assert sent(order) == [PaymentCaptured]
    assert called(order) == [Operation.REFUND]
    refund = ProviderRefund(id="re_1", reference=str(order.order_id), amount=1999)
    provider_updates.apply_refund(order, payment.id, refund)
    assert sent(order) == [PaymentCaptured, PaymentRefunded, PaymentVoided]
    assert order.payment(payment.id).holds_nothing


def test_a_void_of_a_captured_payment_refunds_what_is_left():
    order, payment = captured()
    refunds.request(order, Refund(id=uuid4(), payment_id=payment.id, amount=eur(500)))
    forget_effects(order)
    lifecycle.close(order)
    (call,) = order.calls
    assert (call.operation, call.amount, call.refund_id) == (Operation.REFUND, eur(1499), order.order_id)


def test_a_void_asked_again_repeats_its_answers():
    order, payment = captured()
    lifecycle.close(order)
    provider_updates.apply_refund(
        order, payment.id, ProviderRefund(id="re_1", reference=str(order.order_id), amount=1999)
    )
    forget_effects(order)
    lifecycle.close(order)
    assert sent(order) == [PaymentRefunded, PaymentVoided]
    assert called(order) == []


def test_the_capture_wins_a_race_against_the_void_at_the_provider():
    order, payment = authorized()
    lifecycle.close(order)
    provider_updates.apply_payment(order, payment.id, found(payment, P.CAPTURED))
    assert order.payment(payment.id).status is S.CAPTURED
    assert called(order) == [Operation.VOID, Operation.REFUND]


def test_a_refused_capture_is_told_and_asked_again_told_again():
    order, payment = capturing()
    provider_updates.fail_capture(order, payment.id, "capture_failed", "The bank has withdrawn the authorization.")
    lifecycle.request_capture(order)
    assert sent(order) == [PaymentCaptureFailed, PaymentCaptureFailed]
    lifecycle.close(order)
    assert called(order) == [Operation.VOID]


def test_a_capture_without_held_money_fails():
    order = OrderPayments(order_id=uuid4())
    lifecycle.request_capture(order)
    (answer,) = order.messages
    assert answer.code == "not_authorized"


def test_a_capture_of_a_closed_order_fails():
    order, _ = authorized()
    lifecycle.close(order)
    forget_effects(order)
    lifecycle.request_capture(order)
    (answer,) = order.messages
    assert answer.code == "order_closed"
    assert called(order) == []


def test_a_refund_beyond_the_capture_fails_and_lays_no_claim():
    order, payment = captured()
    refund_id = uuid4()
    for _ in range(2):
        refunds.request_by_message(order, Refund(id=refund_id, payment_id=payment.id, amount=eur(2000)))
    assert sent(order) == [PaymentRefundFailed, PaymentRefundFailed]
    assert (order.payment(payment.id).claimed, called(order)) == (0, [])


def test_a_refund_asked_twice_is_made_once():
    order, payment = captured()
    refund_id = uuid4()
    for _ in range(2):
        refunds.request_by_message(order, Refund(id=refund_id, payment_id=payment.id, amount=eur(2000 - 1)))
    assert called(order) == [Operation.REFUND]
    assert sent(order) == []


def test_a_refused_refund_gives_its_claim_back():
    order, payment = captured()
    refund = Refund(id=uuid4(), payment_id=payment.id, amount=eur(700))
    refunds.request(order, refund)
    provider_updates.fail_refund(order, refund.id, "no", "No.")
    assert (order.payment(payment.id).claimed, order.refunds[refund.id].status) == (0, RefundStatus.FAILED)
    assert sent(order) == [PaymentRefundFailed]


def test_refunds_add_up_in_the_answers():
    order, payment = captured()
    for number, amount in enumerate((500, 300)):
        refund = Refund(id=uuid4(), payment_id=payment.id, amount=eur(amount))
        refunds.request(order, refund)
        report = ProviderRefund(id=f"re_{number}", reference=str(refund.id), amount=amount)
        for _ in range(2):
            provider_updates.apply_refund(order, payment.id, report)
    assert [message.refunded_total for message in order.messages] == [eur(500), eur(800)]
    assert sums(order.entries).refunded == 800


def test_a_refund_made_by_hand_at_the_provider_is_taken_in_once():
    order, payment = captured()
    for _ in range(2):
        provider_updates.apply_refund(order, payment.id, ProviderRefund(id="re_9", reference="", amount=400))
    assert sent(order) == [PaymentRefunded]
    assert (order.payment(payment.id).claimed, order.payment(payment.id).refunded) == (400, 400)


def test_a_given_up_payment_that_turns_up_is_released():
    order, payment = an_order()
    provider_updates.decline(order, payment.id, "provider_unavailable", "Nothing was done.", status=S.FAILED)
    assert sent(order) == [PaymentDeclined]
    forget_effects(order)
    provider_updates.apply_payment(order, payment.id, found(payment, P.AUTHORIZED))
    assert order.payment(payment.id).status is S.VOIDING
    assert (sent(order), called(order)) == ([], [Operation.VOID])


def test_an_authorization_that_expired_at_the_provider_fails_the_capture():
    order, payment = authorized()
    lifecycle.request_capture(order)
    provider_updates.apply_payment(order, payment.id, found(payment, P.VOIDED))
    assert sent(order) == [PaymentCaptureFailed]
