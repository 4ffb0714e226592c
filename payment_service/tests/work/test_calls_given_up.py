"""Staff give up a call: it is not sent again, and ends once the provider shows that nothing happened."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    eur,
    later,
    make_all_calls,
    provider_totals,
    request_authorization,
    request_refund,
    start_call,
    the_payment,
)

from payments import commands
from payments.domain.provider_calls import CallNotOpen, HeldMoneyMustBeReleased
from payments.models import CallStatus, ProviderCall, Refund
from payments.work.provider_request import call_provider
from sandbox.payments import faults, processor
from sandbox.payments.faults import Fault

pytestmark = pytest.mark.django_db

OPERATIONS = ["authorize", "capture", "refund"]
#: The message to the order service when nothing was done, and the state of the payment or refund.
HEARD = {
    "authorize": ("payment.declined.v1", "failed"),
    "capture": ("payment.capture_failed.v1", "capture_failed"),
    "refund": ("payment.refund_failed.v1", "failed"),
}


def a_requested(operation):
    """Store a call of this kind and return the order's id; the call is not made."""
    if operation == "authorize":
        request_authorization(order_id := uuid4())
    elif operation == "capture":
        commands.capture_payment(order_id=(order_id := an_authorized_order()), now=timezone.now())
    else:
        request_refund(order_id := a_captured_order(), uuid4(), 500)
    return order_id


def the_call(operation):
    return ProviderCall.objects.get(operation=operation)


def give_up(operation, *, at=None):
    commands.give_up_call(
        call_id=the_call(operation).id, by="ann@souk.test", reason="the provider is closed", now=at or timezone.now()
    )


def state_of(operation, order_id):
    return Refund.objects.get().status if operation == "refund" else the_payment(order_id).status


def effects(operation):
    return provider_totals()[{"authorize": "authorizations", "capture": "captures", "refund": "refunds"}[operation]]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_was_never_sent_ends_at_once_and_the_order_hears_of_it(outbox, operation):
    faults.switch(Fault("down", operation=operation))
    order_id = a_requested(operation)
    make_all_calls()
    give_up(operation)
    make_all_calls()
    heard, state = HEARD[operation]
    assert outbox.one(heard)["code"] == "given_up"
    assert (the_call(operation).status, state_of(operation, order_id)) == (CallStatus.GIVEN_UP, state)
    faults.switch(Fault())
    make_all_calls(at=later(days=1))
    assert effects(operation) == 0


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_effect_that_is_found_after_giving_up_is_recorded(outbox, operation):
    """The answer was lost; the first look after giving up finds the effect."""
    order_id = a_requested(operation)
    call_provider(start_call(operation=operation), timezone.now())  # and the process dies here
    give_up(operation, at=later(minutes=2))
    make_all_calls(at=later(minutes=2))
    assert the_call(operation).status == CallStatus.DONE
    assert effects(operation) == (500 if operation == "refund" else 1999)
    assert HEARD[operation][0] not in outbox.types()
    assert state_of(operation, order_id) not in {"failed", "capture_failed"}


def an_unknown(operation):
    """A call that was sent, never answered, and never done. It cannot be looked up at present."""
    order_id = a_requested(operation)
    start_call(operation=operation)  # and the process dies here
    faults.switch(Fault("down", operation="read"))
    make_all_calls(at=later(minutes=2))
    assert the_call(operation).sent_at is not None
    return order_id


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_of_unknown_outcome_stays_open_until_the_provider_was_looked_at(outbox, operation):
    order_id = an_unknown(operation)
    give_up(operation, at=later(minutes=3))
    before = state_of(operation, order_id)
    for minutes in (4, 30, 600):
        make_all_calls(at=later(minutes=minutes))
    assert (the_call(operation).status, state_of(operation, order_id)) == (CallStatus.OPEN, before)
    assert HEARD[operation][0] not in outbox.types()
    faults.switch(Fault())
    make_all_calls(at=later(minutes=700))
    assert outbox.one(HEARD[operation][0])["code"] == "given_up"
    assert (the_call(operation).status, effects(operation)) == (CallStatus.GIVEN_UP, 0)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_attempt_that_may_still_be_under_way_is_waited_for(outbox, operation):
    """The request reaches the provider a minute after staff gave up, and is found."""
    order_id = an_unknown(operation)
    faults.switch(Fault())
    give_up(operation, at=later(minutes=3))
    make_all_calls(at=later(minutes=3, seconds=1))
    assert the_call(operation).status == CallStatus.OPEN
    payment = the_payment(order_id)
    if operation == "capture":
        processor.capture(payment.provider_id, 1999)
    elif operation == "refund":
        processor.refund(payment.provider_id, 500, str(Refund.objects.get().id))
    else:
        charge = {"amount": 1999, "currency": "EUR", "payment_method": "card_ok", "reference": str(payment.id)}
        processor.authorize(charge)
    make_all_calls(at=later(minutes=30))
    assert the_call(operation).status == CallStatus.DONE
    assert HEARD[operation][0] not in outbox.types()


def test_held_money_is_released_and_never_given_up(outbox):
    faults.switch(Fault("down", operation="void"))
    order_id = an_authorized_order()
    commands.close_order_payments(order_id=order_id, now=timezone.now())
    make_all_calls()
    with pytest.raises(HeldMoneyMustBeReleased):
        give_up("void")
    assert the_call("void").stopped_at is None
    processor.void(the_payment(order_id).provider_id)  # by hand, at the provider
    faults.switch(Fault())
    make_all_calls(at=later(minutes=10))
    assert outbox.types()[-1] == "payment.voided.v1"


def test_a_call_that_is_being_made_or_has_ended_is_not_given_up(outbox):
    request_authorization(uuid4())
    call = start_call()
    with pytest.raises(CallNotOpen):
        give_up("authorize")
    commands.settle_call(call=call, result=call_provider(call, timezone.now()), now=timezone.now())
    with pytest.raises(CallNotOpen):
        give_up("authorize")
    assert outbox.types() == ["payment.authorized.v1"]


def test_a_worker_that_dies_while_it_ends_a_given_up_call_leaves_it_to_another(outbox):
    faults.switch(Fault("down", operation="authorize"))
    request_authorization(uuid4())
    make_all_calls()
    give_up("authorize")
    start_call()  # and the process dies here
    make_all_calls(at=later(minutes=10))
    assert outbox.one("payment.declined.v1")["code"] == "given_up"
    assert provider_totals()["authorizations"] == 0


def test_a_refund_that_was_given_up_can_be_requested_again(outbox):
    faults.switch(Fault("down", operation="refund"))
    request_refund(a_captured_order(), uuid4(), 500)
    make_all_calls()
    give_up("refund")
    make_all_calls()
    faults.switch(Fault())
    commands.retry_refund(refund_id=Refund.objects.get().id, requested_by="ann@souk.test", now=timezone.now())
    make_all_calls()
    assert provider_totals()["refunds"] == 500
    assert outbox.one("payment.refunded.v1")["amount"] == eur(500).as_dict()


def test_finance_give_a_call_up_with_a_reason_and_operations_only_try_again(staff, outbox):
    faults.switch(Fault("down", operation="authorize"))
    request_authorization(uuid4())
    make_all_calls()
    page, call = reverse("admin:payments_providercall_changelist"), ProviderCall.objects.get()
    chosen = {"_selected_action": [str(call.id)]}
    operations, finance = (staff(superuser=False, groups=[group]) for group in ("operations", "finance"))
    assert operations.post(page, {**chosen, "action": "give_up", "reason": "x"}).status_code == 403
    finance.post(page, {**chosen, "action": "give_up", "reason": " "})
    call.refresh_from_db()
    assert call.stopped_at is None
    operations.post(page, {**chosen, "action": "try_again"})
    call.refresh_from_db()
    assert call.due_at <= timezone.now()
    finance.post(page, {**chosen, "action": "give_up", "reason": "the shop closes"})
    call.refresh_from_db()
    assert (call.stopped_by, call.stop_reason) == ("staff@souk.test", "the shop closes")
    assert "the shop closes" in LogEntry.objects.latest("id").change_message
    make_all_calls()
    assert outbox.one("payment.declined.v1")["message"] == "The shop has stopped this payment. Nothing was charged."


@pytest.mark.parametrize("group", ["finance", "operations"])
def test_a_void_in_the_list_says_what_to_do(staff, group):
    faults.switch(Fault("down", operation="void"))
    commands.close_order_payments(order_id=an_authorized_order(), now=timezone.now())
    make_all_calls()
    page, chosen = reverse("admin:payments_providercall_changelist"), [str(the_call("void").id)]
    answer = staff(superuser=False, groups=[group]).post(
        page, {"action": "give_up", "_selected_action": chosen, "reason": "x"}, follow=True
    )
    assert answer.status_code == (200 if group == "finance" else 403)
    assert ("Release it at the provider" in answer.content.decode()) == (group == "finance")
