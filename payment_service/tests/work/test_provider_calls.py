"""Calls to the real sandbox processor: our records agree with its records."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    eur,
    later,
    make_all_calls,
    provider_totals,
    request_authorization,
    start_call,
    the_payment,
)

from payments import commands, work
from payments.domain.payment import NotCaptured, RefundExceedsCaptured
from payments.models import CallStatus, Mismatch, Payment, PaymentEvent, ProviderCall, Refund
from payments.providers import provider_named
from sandbox.payments import faults, processor
from sandbox.payments.faults import Fault

pytestmark = pytest.mark.django_db


def test_a_good_card_is_charged_once(outbox):
    order_id = a_captured_order()
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1"]
    assert outbox.one("payment.captured.v1")["amount"] == {"amount": 1999, "currency": "EUR"}
    assert provider_totals() == {"authorizations": 1999, "captures": 1999, "voids": 0, "refunds": 0}
    assert the_payment(order_id).status == "captured"
    ledger = PaymentEvent.objects.order_by("at", "id").values_list("kind", "outcome")
    assert list(ledger) == [
        ("authorization", "requested"),
        ("authorization", "succeeded"),
        ("charge", "requested"),
        ("charge", "succeeded"),
    ]


def test_the_card_is_forgotten(outbox):
    assert the_payment(an_authorized_order()).method == ""


@pytest.mark.parametrize(
    ("card", "code"), [("card_declined", "card_declined"), ("card_insufficient_funds", "insufficient_funds")]
)
def test_a_declined_card_is_not_tried_again(outbox, card, code):
    an_authorized_order(payment_method=card)
    make_all_calls(at=later(days=1))
    assert outbox.one("payment.declined.v1")["code"] == code
    assert provider_totals()["authorizations"] == 0
    assert ProviderCall.objects.get().attempts == 1


def test_a_card_that_nobody_knows_is_declined(outbox):
    an_authorized_order(payment_method="4242 4242")
    assert outbox.one("payment.declined.v1")["code"] == "unknown_payment_method"


def test_an_answer_lost_after_the_work_is_found_and_charged_once(outbox):
    order_id = an_authorized_order(payment_method="card_timeout")
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999
    assert ("authorization", "unknown") in PaymentEvent.objects.values_list("kind", "outcome")
    assert ProviderCall.objects.get().attempts == 2
    assert the_payment(order_id).status == "authorized"


def test_a_capture_whose_answer_is_lost_happens_once(outbox):
    a_captured_order(payment_method="card_capture_timeout")
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1"]
    assert provider_totals()["captures"] == 1999


@pytest.mark.parametrize("operation", ["authorize", "capture", "void", "refund"])
@pytest.mark.parametrize("mode", ["fail_after", "timeout_after"])
def test_an_error_after_the_work_is_never_a_second_time(outbox, operation, mode):
    faults.switch(Fault(mode, count=1, operation=operation))
    order_id = a_captured_order() if operation in {"capture", "refund"} else an_authorized_order()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[-1] == "payment.voided.v1"
    totals = provider_totals()
    assert totals["authorizations"] == 1999
    assert totals["captures"] == totals["refunds"]
    assert totals["captures"] + totals["voids"] == 1999


def test_unknown_stays_unknown_while_the_provider_cannot_be_looked_at(outbox):
    order_id = uuid4()
    request_authorization(order_id, payment_method="card_timeout")
    faults.switch(Fault("down", operation="read"))
    make_all_calls()
    assert the_payment(order_id).status == "unknown"
    assert outbox.types() == []
    make_all_calls(at=later(minutes=10))
    assert the_payment(order_id).status == "unknown"
    faults.switch(Fault())
    make_all_calls(at=later(minutes=30))
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999


def a_lost_request(**given):
    """Return an order whose authorization was sent, never answered and never done; look-ups fail at present."""
    order_id = uuid4()
    request_authorization(order_id, payment_method="card_timeout", **given)
    faults.switch(Fault("down", operation="read"))
    make_all_calls()
    for table in ("authorizations", "effects", "idempotency_keys"):
        processor.books.execute(f"DELETE FROM {table}")
    faults.switch(Fault())
    assert the_payment(order_id).status == "unknown"
    return order_id


def test_a_request_that_never_arrived_is_sent_again_with_the_same_key(outbox):
    order_id = a_lost_request()
    key = ProviderCall.objects.get().idempotency_key
    make_all_calls(at=later(minutes=1))
    assert ProviderCall.objects.get().idempotency_key == key
    assert the_payment(order_id).status != "failed"
    assert provider_totals()["authorizations"] == 1999


def test_after_the_key_has_been_forgotten_nothing_is_created_again(outbox):
    order_id = a_lost_request(expires_at=later(days=9))
    make_all_calls(at=later(days=2))
    assert the_payment(order_id).status == "failed"
    assert processor.whole_books()["authorizations"] == []
    assert outbox.one("payment.declined.v1")["code"] == "provider_unavailable"


def test_a_provider_that_is_away_is_tried_again_with_patience(outbox):
    order_id = uuid4()
    faults.switch(Fault("down"))
    request_authorization(order_id)
    make_all_calls()
    call = ProviderCall.objects.get()
    assert (call.status, call.sent_at, outbox.types()) == ("open", None, [])
    assert call.due_at > timezone.now()
    faults.switch(Fault())
    make_all_calls(at=later(minutes=5))
    assert outbox.types() == ["payment.authorized.v1"]


def test_a_provider_that_stays_away_means_no_payment_when_the_time_to_pay_is_over(outbox):
    faults.switch(Fault("down"))
    request_authorization(uuid4())
    make_all_calls(at=later(minutes=31))
    assert outbox.one("payment.declined.v1")["code"] == "expired"
    assert provider_totals()["authorizations"] == 0


def test_a_call_whose_maker_died_is_looked_up_when_its_lease_is_over(outbox):
    from payments.work.provider_request import call_provider

    order_id = uuid4()
    request_authorization(order_id)
    call = start_call()
    call_provider(call, timezone.now())  # and the process dies here
    make_all_calls()
    assert outbox.types() == []
    make_all_calls(at=later(minutes=2))
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999


def test_a_late_answer_of_one_who_lost_the_lease_changes_nothing(outbox):
    from payments.work.provider_request import call_provider

    request_authorization(uuid4())
    call = start_call()
    result = call_provider(call, timezone.now())
    make_all_calls(at=later(minutes=2))
    commands.settle_call(call=call, result=result, now=timezone.now())
    assert outbox.types() == ["payment.authorized.v1"]
    assert provider_totals()["authorizations"] == 1999


def test_only_one_worker_makes_a_call():
    request_authorization(uuid4())
    assert start_call() is not None
    assert start_call() is None


def test_a_refused_capture_is_told_and_the_money_released(outbox):
    order_id = a_captured_order(payment_method="card_capture_fails")
    assert outbox.one("payment.capture_failed.v1")["code"] == "capture_failed"
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert provider_totals() == {"authorizations": 1999, "captures": 0, "voids": 1999, "refunds": 0}
    assert outbox.types()[-1] == "payment.voided.v1"


def test_a_void_of_an_unpaid_order_is_answered_at_once(outbox):
    commands.close_order_payments(order_id=uuid4(), now=timezone.now())
    assert outbox.types() == ["payment.voided.v1"]


def test_a_void_before_the_call_was_made_charges_nobody(outbox):
    order_id = uuid4()
    request_authorization(order_id)
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types() == ["payment.voided.v1"]
    assert processor.whole_books()["authorizations"] == []
    assert ProviderCall.objects.get().status == CallStatus.WITHDRAWN


def test_a_void_of_a_captured_order_refunds_it_in_full(outbox):
    order_id = a_captured_order()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    assert outbox.types()[2:] == ["payment.refunded.v1", "payment.voided.v1"]
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(order_id)
    assert provider_totals()["refunds"] == 1999


def test_a_void_while_the_capture_is_under_way_leaves_nothing_kept(outbox):
    """Void during a capture at the worst moment: the capture was sent and is not answered yet."""
    from payments.work.provider_request import call_provider

    order_id = an_authorized_order()
    commands.capture_payment(order_id=order_id, now=timezone.now())
    call = start_call(operation="capture")
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    commands.settle_call(call=call, result=call_provider(call, timezone.now()), now=timezone.now())
    make_all_calls()
    assert outbox.types()[1:] == ["payment.captured.v1", "payment.refunded.v1", "payment.voided.v1"]
    assert provider_totals() == {"authorizations": 1999, "captures": 1999, "voids": 0, "refunds": 1999}


def test_a_void_while_the_authorization_is_under_way_releases_it(outbox):
    from payments.work.provider_request import call_provider

    order_id = uuid4()
    request_authorization(order_id)
    call = start_call()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    commands.settle_call(call=call, result=call_provider(call, timezone.now()), now=timezone.now())
    make_all_calls()
    assert outbox.types() == ["payment.voided.v1"]
    assert provider_totals()["voids"] == 1999


def test_an_authorization_in_doubt_of_a_closed_order_is_looked_for_and_not_asked_again(outbox):
    order_id = a_lost_request()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls(at=later(minutes=1))
    assert outbox.types() == []  # it may still be under way
    make_all_calls(at=later(minutes=10))
    assert outbox.types() == ["payment.voided.v1"]
    assert provider_totals()["authorizations"] == 0


def test_refunds_in_parts(outbox):
    order_id = a_captured_order()
    for amount in (500, 1499):
        commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(amount), reason="", now=timezone.now())
        make_all_calls()
    totals = [data["refunded_total"]["amount"] for data in outbox.data("payment.refunded.v1")]
    assert totals == [500, 1999]
    assert provider_totals()["refunds"] == 1999
    assert the_payment(order_id).refunded_amount == 1999


def test_the_same_refund_asked_three_times_is_made_once(outbox):
    order_id, refund_id = a_captured_order(), uuid4()
    for _ in range(3):
        commands.refund_payment(order_id=order_id, refund_id=refund_id, amount=eur(500), reason="", now=timezone.now())
        make_all_calls()
    assert provider_totals()["refunds"] == 500
    assert len(outbox.data("payment.refunded.v1")) == 3


def test_more_than_was_captured_is_never_refunded(outbox):
    order_id = a_captured_order()
    commands.refund_payment(order_id=order_id, refund_id=uuid4(), amount=eur(2000), reason="", now=timezone.now())
    make_all_calls()
    assert outbox.one("payment.refund_failed.v1")["code"] == "refund_exceeds_captured"
    assert provider_totals()["refunds"] == 0


def test_the_database_itself_refuses_refunds_beyond_the_capture():
    order_id = a_captured_order()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(order_id=order_id).update(claimed_amount=F("captured_amount") + 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(order_id=order_id).update(refunded_amount=1)


def test_staff_refund_and_the_shop_hears_of_it(outbox):
    order_id = a_captured_order()
    refund_id = commands.request_refund(
        payment_id=the_payment(order_id).id, amount=eur(300), reason="scratched", requested_by="ann@souk.test",
        now=timezone.now(),
    )  # fmt: skip
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(refund_id)
    assert Refund.objects.get().requested_by == "ann@souk.test"


def test_staff_are_told_what_cannot_be_refunded(outbox):
    authorized, captured = an_authorized_order(), a_captured_order()
    for order_id, error in ((authorized, NotCaptured), (captured, RefundExceedsCaptured)):
        with pytest.raises(error):
            commands.request_refund(
                payment_id=the_payment(order_id).id, amount=eur(2000), reason="", requested_by="x", now=timezone.now()
            )
    assert Refund.objects.count() == 0


def test_a_second_card_releases_the_first(outbox):
    order_id = an_authorized_order(payment_method="card_action_required")
    request_authorization(order_id, attempt=2)
    make_all_calls()
    assert outbox.types() == ["payment.action_required.v1", "payment.authorized.v1"]
    assert [the_payment(order_id, attempt).status for attempt in (1, 2)] == ["voided", "authorized"]


def test_a_wrong_api_key_declines_nobody(outbox, settings):
    settings.SANDBOX_PAYMENT_KEY = "wrong"
    provider_named.cache_clear()
    request_authorization(uuid4())
    make_all_calls()
    assert outbox.types() == []
    assert ProviderCall.objects.get().status == CallStatus.OPEN


def test_a_confirmed_payment_whose_webhook_was_lost_is_found(outbox, client):
    import httpx

    order_id = an_authorized_order(payment_method="card_action_required")
    httpx.post(outbox.one("payment.action_required.v1")["action_url"] + "confirm/", trust_env=False)
    work.look_up_payment(the_payment(order_id).id)
    assert outbox.types()[-1] == "payment.authorized.v1"
    assert Mismatch.objects.count() == 0
