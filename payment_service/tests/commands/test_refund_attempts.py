"""Refused, concurrent and reversed refunds: the money ends where it belongs."""

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    eur,
    later,
    make_all_calls,
    provider_totals,
    refund,
    request_refund,
    the_payment,
)

from payments import commands, work
from payments.domain.refund import AlreadyRefunded, RefundNotRetriable, RefundUnderWay, SettlesAnotherOrder
from payments.models import OrderAccount, PaymentEvent, ProviderCall, Refund
from sandbox.payments import faults, processor
from sandbox.payments.faults import Fault

pytestmark = pytest.mark.django_db


def refuse_refunds(count=1):
    faults.switch(Fault("refuse", count=count, operation="refund"))


def staff_refund(order_id, amount, **given):
    return commands.request_refund(
        payment_id=the_payment(order_id).id, amount=eur(amount), reason="scratched", requested_by="ann@souk.test",
        now=timezone.now(), **given,
    )  # fmt: skip


def bounce(order_id):
    """Let the bank return the latest refund, and look the payment up."""
    (refunds,) = [processor.shown(row)["refunds"] for row in processor.books.rows("SELECT * FROM authorizations")]
    processor.bounce(refunds[-1]["id"])
    work.look_up_payment(the_payment(order_id).id)


def test_a_refund_that_was_refused_is_made_anew_when_it_is_asked_with_a_higher_attempt(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    refuse_refunds()
    refund(order_id, return_id, 500)
    refund(order_id, return_id, 500)  # the same attempt gets the same reply
    failed = outbox.data("payment.refund_failed.v1")
    assert [(data["refund_id"], data["attempt"], data["code"]) for data in failed] == [
        (str(return_id), 1, "refused")
    ] * 2
    assert provider_totals()["refunds"] == 0
    for _ in range(2):
        refund(order_id, return_id, 500, attempt=2)
    told = outbox.data("payment.refunded.v1")
    assert [(data["refund_id"], data["attempt"], data["refunded_total"]["amount"]) for data in told] == [
        (str(return_id), 2, 500)
    ] * 2
    assert provider_totals()["refunds"] == 500
    keys = ProviderCall.objects.filter(operation="refund").values_list("idempotency_key", flat=True)
    assert len(set(keys)) == 2


def test_a_refund_that_succeeded_is_never_made_again_whatever_the_attempt(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    refund(order_id, return_id, 500)
    refund(order_id, return_id, 500, attempt=2)
    refund(order_id, return_id, 500, attempt=7)
    assert [data["attempt"] for data in outbox.data("payment.refunded.v1")] == [1, 2, 7]
    assert provider_totals()["refunds"] == 500


def test_a_refund_under_way_that_is_asked_again_is_the_same_refund(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    request_refund(order_id, return_id, 500)
    request_refund(order_id, return_id, 500, attempt=2)
    request_refund(order_id, return_id, 500, attempt=1)  # late
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["attempt"] == 2
    assert provider_totals()["refunds"] == 500


def test_two_refunds_that_are_too_much_together_wait_for_one_another(outbox):
    """Staff refund a part while the order is canceled: the full refund fails only when the part has succeeded."""
    order_id = a_captured_order()
    staff_refund(order_id, 500)
    request_refund(order_id, order_id, 1999)
    assert Refund.objects.get(key=order_id).status == "waiting"
    assert outbox.data("payment.refund_failed.v1") == []
    make_all_calls()
    assert outbox.types()[2:] == ["payment.refunded.v1", "payment.refund_failed.v1"]
    failed = outbox.one("payment.refund_failed.v1")
    assert (failed["code"], failed["refunded_total"]["amount"]) == ("refund_exceeds_captured", 500)
    refund(order_id, order_id, 1499, attempt=2)
    assert provider_totals()["refunds"] == 1999
    assert outbox.data("payment.refunded.v1")[-1]["refunded_total"]["amount"] == 1999


def test_a_refund_that_waited_is_made_when_the_other_one_fails(outbox):
    order_id = a_captured_order()
    staff_refund(order_id, 500)
    request_refund(order_id, order_id, 1999)
    refuse_refunds()
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(order_id)
    assert provider_totals()["refunds"] == 1999


def test_a_closed_order_keeps_nothing_when_a_refund_by_staff_fails_after_the_closing(outbox):
    order_id = a_captured_order()
    staff_refund(order_id, 500)
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    refuse_refunds()
    make_all_calls()
    assert provider_totals()["refunds"] == 1999
    assert outbox.types()[-1] == "payment.voided.v1"
    assert the_payment(order_id).refunded_amount == 1999


def test_a_void_asked_again_tries_once_more_what_was_refused(outbox):
    order_id = a_captured_order()
    refuse_refunds()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[-1] == "payment.refund_failed.v1"
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[-2:] == ["payment.refunded.v1", "payment.voided.v1"]
    assert provider_totals()["refunds"] == 1999


def test_staff_try_a_failed_refund_again_and_it_is_made_once(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    refuse_refunds()
    refund(order_id, return_id, 500)
    failed = Refund.objects.get()
    commands.retry_refund(refund_id=failed.id, requested_by="ann@souk.test", now=timezone.now())
    with pytest.raises(RefundUnderWay):
        commands.retry_refund(refund_id=failed.id, requested_by="ann@souk.test", now=timezone.now())
    make_all_calls()
    told = outbox.one("payment.refunded.v1")
    assert (told["refund_id"], told["attempt"]) == (str(return_id), 2)
    with pytest.raises(AlreadyRefunded):
        commands.retry_refund(refund_id=failed.id, requested_by="ann@souk.test", now=timezone.now())
    with pytest.raises(RefundNotRetriable):
        commands.retry_refund(refund_id=uuid4(), requested_by="ann@souk.test", now=timezone.now())
    assert provider_totals()["refunds"] == 500


def test_a_refund_by_hand_names_the_return_that_it_settles(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    refuse_refunds()
    refund(order_id, return_id, 500)
    staff_refund(order_id, 450, settles=return_id)
    make_all_calls()
    told = outbox.one("payment.refunded.v1")
    assert (told["refund_id"], told["attempt"], told["reason"]) == (str(return_id), 2, "scratched")
    refund(order_id, return_id, 500, attempt=2)  # the shop requests it again by itself, and it is done
    assert provider_totals()["refunds"] == 450
    with pytest.raises(AlreadyRefunded):
        staff_refund(order_id, 50, settles=return_id)


def test_a_refund_cannot_settle_what_belongs_to_another_order():
    order_id, other, return_id = a_captured_order(), a_captured_order(), uuid4()
    refund(other, return_id, 500)
    for settles in (other, return_id):
        with pytest.raises(SettlesAnotherOrder):
            staff_refund(order_id, 100, settles=settles)
    with pytest.raises(SettlesAnotherOrder):
        staff_refund(order_id, 100, refund_id=return_id)
    assert Refund.objects.count() == 1


def test_the_same_refund_by_staff_sent_twice_is_one():
    order_id, refund_id = a_captured_order(), uuid4()
    assert [staff_refund(order_id, 500, refund_id=refund_id) for _ in range(2)] == [refund_id] * 2
    make_all_calls()
    assert provider_totals()["refunds"] == 500


def test_only_what_staff_wrote_is_told_as_a_reason(outbox):
    order_id = a_captured_order()
    staff_refund(order_id, 100)
    request_refund(order_id, uuid4(), 100, reason="changed_mind")
    make_all_calls()
    assert sorted(data["reason"] for data in outbox.data("payment.refunded.v1")) == ["", "scratched"]


def test_a_refund_that_the_bank_sends_back_is_taken_out_of_the_books_and_told(outbox):
    order_id, return_id = a_captured_order(), uuid4()
    refund(order_id, return_id, 500)
    for _ in range(2):
        bounce(order_id)
    failed = outbox.one("payment.refund_failed.v1")
    assert (failed["refund_id"], failed["code"]) == (str(return_id), "refund_reversed")
    assert failed["refunded_total"]["amount"] == 0
    payment = the_payment(order_id)
    assert (payment.claimed_amount, payment.refunded_amount, Refund.objects.get().status) == (0, 0, "reversed")
    assert PaymentEvent.objects.filter(kind="reversal", outcome="succeeded", amount=500).count() == 1
    refund(order_id, return_id, 500, attempt=2)
    assert outbox.data("payment.refunded.v1")[-1]["refunded_total"]["amount"] == 500
    assert work.reconcile(now=later(hours=1)) == 0


def test_a_closed_order_whose_refund_came_back_is_not_settled_until_it_is_refunded_again(outbox):
    order_id = a_captured_order()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    bounce(order_id)
    assert OrderAccount.objects.get().voided_at is None
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[2:] == [
        "payment.refunded.v1", "payment.voided.v1", "payment.refund_failed.v1", "payment.refunded.v1",
        "payment.voided.v1",
    ]  # fmt: skip
    assert the_payment(order_id).refunded_amount == 1999
