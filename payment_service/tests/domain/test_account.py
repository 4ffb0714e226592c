"""What the shop asks, and what follows: given an account, when asked, then told and asked of the provider."""

from uuid import uuid4

import pytest
from tests.factories import a_payment, an_account, eur, forget, seen

from payments.domain import learning
from payments.domain.account import Account
from payments.domain.ledger import Operation, sums
from payments.domain.payment import PaymentStatus, Refund, RefundStatus
from payments.domain.seen import SeenRefund, SeenStatus
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

S, P = PaymentStatus, SeenStatus


def told(account):
    return [type(message) for message in account.messages]


def asked(account):
    return [ask.operation for ask in account.asks]


def authorized():
    account, payment = an_account()
    learning.learn(account, payment.id, seen(payment, P.AUTHORIZED))
    forget(account)
    return account, payment


def capturing():
    account, payment = authorized()
    account.capture()
    forget(account)
    return account, payment


def captured():
    account, payment = capturing()
    learning.learn(account, payment.id, seen(payment, P.CAPTURED))
    forget(account)
    return account, payment


def test_the_way_of_a_good_payment():
    account = Account(order_id=uuid4())
    payment = a_payment(account.order_id)
    account.authorize(payment)
    learning.learn(account, payment.id, seen(payment, P.AUTHORIZED))
    account.capture()
    learning.learn(account, payment.id, seen(payment, P.CAPTURED))
    assert asked(account) == [Operation.AUTHORIZE, Operation.CAPTURE]
    assert told(account) == [PaymentAuthorized, PaymentCaptured]
    assert payment.status is S.CAPTURED
    assert (sums(account.entries).authorized, sums(account.entries).captured) == (1999, 1999)


def test_a_question_asked_twice_is_answered_twice_and_asked_of_the_provider_once():
    account, payment = authorized()
    account.authorize(a_payment(account.order_id))
    assert told(account) == [PaymentAuthorized]
    assert asked(account) == []
    assert account.payments == [payment]


def test_a_running_question_asked_again_changes_nothing():
    account, _ = an_account()
    account.authorize(a_payment(account.order_id))
    assert (told(account), asked(account)) == ([], [])


@pytest.mark.parametrize(
    ("status", "answer"),
    [(P.AUTHORIZED, PaymentAuthorized), (P.ACTION_REQUIRED, PaymentActionRequired), (P.DECLINED, PaymentDeclined)],
)
def test_the_same_sight_twice_is_told_once(status, answer):
    account, payment = an_account()
    for _ in range(2):
        learning.learn(account, payment.id, seen(payment, status, action_url="https://bank.example/1"))
    assert told(account) == [answer]


def test_sights_in_reverse_order_leave_the_latest_state():
    account, payment = captured()
    learning.learn(account, payment.id, seen(payment, P.AUTHORIZED))
    learning.learn(account, payment.id, seen(payment, P.ACTION_REQUIRED))
    assert payment.status is S.CAPTURED
    assert (told(account), asked(account)) == ([], [])


def test_another_card_releases_the_first_one():
    account, first = an_account()
    learning.learn(account, first.id, seen(first, P.ACTION_REQUIRED))
    forget(account)
    account.authorize(a_payment(account.order_id, attempt=2))
    assert first.status is S.VOIDING
    assert asked(account) == [Operation.VOID, Operation.AUTHORIZE]


def test_the_first_card_succeeding_late_is_released_not_told():
    account, first = an_account()
    account.authorize(a_payment(account.order_id, attempt=2))
    forget(account)
    learning.learn(account, first.id, seen(first, P.AUTHORIZED))
    assert first.status is S.VOIDING
    assert (told(account), asked(account)) == ([], [Operation.VOID])


def test_no_second_card_is_charged_when_money_is_held_already():
    account, first = authorized()
    account.authorize(a_payment(account.order_id, attempt=2))
    (answer,) = account.messages
    assert (answer.payment_id, answer.attempt) == (first.id, 2)
    assert asked(account) == []


def test_an_old_attempt_that_comes_late_is_not_begun():
    account, _ = an_account(asked=a_payment(attempt=2))
    account.authorize(a_payment(account.order_id, attempt=1))
    assert (len(account.payments), asked(account)) == (1, [])


def test_a_payment_of_nothing_is_declined():
    account = Account(order_id=uuid4())
    account.authorize(a_payment(account.order_id, amount=eur(0)))
    assert told(account) == [PaymentDeclined]
    assert account.payments == []


def test_after_a_void_every_authorize_is_answered_voided():
    account = Account(order_id=uuid4())
    account.close()
    account.authorize(a_payment(account.order_id))
    assert told(account) == [PaymentVoided, PaymentVoided]
    assert account.payments == []


def test_a_void_releases_what_is_held_and_tells_when_it_is_gone():
    account, payment = authorized()
    account.close()
    assert (told(account), asked(account)) == ([], [Operation.VOID])
    learning.learn(account, payment.id, seen(payment, P.VOIDED))
    learning.learn(account, payment.id, seen(payment, P.VOIDED))
    assert told(account) == [PaymentVoided]


def test_a_void_withdraws_a_call_that_nobody_has_made():
    account, payment = an_account()
    account.unsent = frozenset({payment.id})
    account.close()
    assert account.withdrawals == [payment.id]
    assert payment.status is S.VOIDED
    assert told(account) == [PaymentVoided]


def test_a_void_waits_for_a_running_authorization_and_releases_it():
    account, payment = an_account()
    account.close()
    assert (told(account), payment.status) == ([], S.VOIDING)
    learning.learn(account, payment.id, seen(payment, P.AUTHORIZED))
    assert (told(account), asked(account)) == ([], [Operation.VOID])


def test_a_void_of_a_running_authorization_that_is_declined_is_done():
    account, payment = an_account()
    account.close()
    learning.decline(account, payment.id, "card_declined", "No.")
    assert told(account) == [PaymentVoided]


def test_a_void_during_the_capture_ends_in_a_full_refund():
    account, payment = capturing()
    account.close()
    assert payment.status is S.CAPTURING
    learning.learn(account, payment.id, seen(payment, P.CAPTURED))
    assert told(account) == [PaymentCaptured]
    assert asked(account) == [Operation.REFUND]
    refund = SeenRefund(id="re_1", reference=str(account.order_id), amount=1999)
    learning.learn_refund(account, payment.id, refund)
    assert told(account) == [PaymentCaptured, PaymentRefunded, PaymentVoided]
    assert payment.over


def test_a_void_of_a_captured_payment_refunds_what_is_left():
    account, payment = captured()
    account.refund(Refund(id=uuid4(), payment_id=payment.id, amount=eur(500)))
    forget(account)
    account.close()
    (ask,) = account.asks
    assert (ask.operation, ask.amount, ask.refund_id) == (Operation.REFUND, eur(1499), account.order_id)


def test_a_void_asked_again_repeats_its_answers():
    account, payment = captured()
    account.close()
    learning.learn_refund(account, payment.id, SeenRefund(id="re_1", reference=str(account.order_id), amount=1999))
    forget(account)
    account.close()
    assert told(account) == [PaymentRefunded, PaymentVoided]
    assert asked(account) == []


def test_the_capture_wins_a_race_against_the_void_at_the_provider():
    account, payment = authorized()
    account.close()
    learning.learn(account, payment.id, seen(payment, P.CAPTURED))
    assert payment.status is S.CAPTURED
    assert asked(account) == [Operation.VOID, Operation.REFUND]


def test_a_refused_capture_is_told_and_asked_again_told_again():
    account, payment = capturing()
    learning.refuse_capture(account, payment.id, "capture_failed", "The bank has withdrawn the authorization.")
    account.capture()
    assert told(account) == [PaymentCaptureFailed, PaymentCaptureFailed]
    account.close()
    assert asked(account) == [Operation.VOID]


def test_a_capture_without_held_money_fails():
    account = Account(order_id=uuid4())
    account.capture()
    (answer,) = account.messages
    assert answer.code == "not_authorized"


def test_a_capture_of_a_closed_order_fails():
    account, _ = authorized()
    account.close()
    forget(account)
    account.capture()
    (answer,) = account.messages
    assert answer.code == "order_closed"
    assert asked(account) == []


def test_a_refund_beyond_the_capture_fails_and_lays_no_claim():
    account, payment = captured()
    refund_id = uuid4()
    for _ in range(2):
        account.answer_refund(Refund(id=refund_id, payment_id=payment.id, amount=eur(2000)))
    assert told(account) == [PaymentRefundFailed, PaymentRefundFailed]
    assert (payment.claimed, asked(account)) == (0, [])


def test_a_refund_asked_twice_is_made_once():
    account, payment = captured()
    refund_id = uuid4()
    for _ in range(2):
        account.answer_refund(Refund(id=refund_id, payment_id=payment.id, amount=eur(2000 - 1)))
    assert asked(account) == [Operation.REFUND]
    assert told(account) == []


def test_a_refused_refund_gives_its_claim_back():
    account, payment = captured()
    refund = Refund(id=uuid4(), payment_id=payment.id, amount=eur(700))
    account.refund(refund)
    learning.refuse_refund(account, refund.id, "no", "No.")
    assert (payment.claimed, refund.status) == (0, RefundStatus.FAILED)
    assert told(account) == [PaymentRefundFailed]


def test_refunds_add_up_in_the_answers():
    account, payment = captured()
    for number, amount in enumerate((500, 300)):
        refund = Refund(id=uuid4(), payment_id=payment.id, amount=eur(amount))
        account.refund(refund)
        found = SeenRefund(id=f"re_{number}", reference=str(refund.id), amount=amount)
        for _ in range(2):
            learning.learn_refund(account, payment.id, found)
    assert [message.refunded_total for message in account.messages] == [eur(500), eur(800)]
    assert sums(account.entries).refunded == 800


def test_a_refund_made_by_hand_at_the_provider_is_taken_in_once():
    account, payment = captured()
    for _ in range(2):
        learning.learn_refund(account, payment.id, SeenRefund(id="re_9", reference="", amount=400))
    assert told(account) == [PaymentRefunded]
    assert (payment.claimed, payment.refunded) == (400, 400)


def test_a_given_up_payment_that_turns_up_is_released():
    account, payment = an_account()
    learning.give_up(account, payment.id, "provider_unavailable", "Nothing was done.")
    assert told(account) == [PaymentDeclined]
    forget(account)
    learning.learn(account, payment.id, seen(payment, P.AUTHORIZED))
    assert payment.status is S.VOIDING
    assert (told(account), asked(account)) == ([], [Operation.VOID])


def test_an_authorization_that_expired_at_the_provider_fails_the_capture():
    account, payment = authorized()
    account.capture()
    learning.learn(account, payment.id, seen(payment, P.VOIDED))
    assert told(account) == [PaymentCaptureFailed]
