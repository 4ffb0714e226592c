"""Ways to pay without a provider: bank transfers, cash on delivery, and orders that cost nothing."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.factories import (
    EUR,
    a_captured_order,
    eur,
    later,
    make_all_calls,
    refund,
    request_authorization,
    request_refund,
    the_payment,
)

from chassis.core.money import Money
from payments import commands, queries, work
from payments.domain.bookings import AlreadyBooked, NotBookable, PaidInAnotherWay
from payments.domain.payment import InvalidAmount
from payments.models import Payment, PaymentEvent, ProviderCall, Refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _offered(settings):
    settings.PAYMENT_PROVIDERS = ["sandbox", "prepayment", "invoice", "cash_on_delivery"]
    settings.BANK_TRANSFER_TO = "Shop, DE02 1001 0010 0006 8201 01"
    settings.PAYMENT_RETURN_URL = "https://shop.test/account/orders/{order_id}/"


def an_order(method, **given):
    order_id = uuid4()
    request_authorization(order_id, payment_method=method, **given)
    return order_id


def capture(order_id):
    commands.capture_payment(order_id=order_id, now=timezone.now())


def close(order_id):
    commands.close_order_payments(order_id=order_id, now=timezone.now())


def book(order_id, amount=1999, currency=EUR, attempt=1):
    payment = the_payment(order_id, attempt)
    commands.book_receipt(payment_id=payment.id, amount=Money(amount, currency), by="ann", now=timezone.now())


def deliver_parcel(order_id):
    commands.record_delivery(order_id=order_id, now=timezone.now())


def books_agree():
    return not list(queries.counters_and_ledger(later(days=-1), later(), []))


def test_a_transfer_in_advance_is_asked_for_and_booked(outbox):
    order_id = an_order("prepayment")
    asked = outbox.one("payment.action_required.v1")
    assert asked["action_url"] == f"https://shop.test/account/orders/{order_id}/"
    assert asked["instructions"] == (
        "Please transfer 19.99 EUR to Shop, DE02 1001 0010 0006 8201 01. Reference: S-1001."
    )
    book(order_id)
    capture(order_id)
    assert outbox.types() == ["payment.action_required.v1", "payment.captured.v1", "payment.captured.v1"]
    assert (the_payment(order_id).captured_amount, the_payment(order_id).message) == (1999, "")
    assert books_agree()


@pytest.mark.parametrize("method", ["invoice", "cash_on_delivery"])
def test_what_is_paid_after_the_delivery_lets_the_order_go_on(outbox, method):
    order_id = an_order(method)
    for _ in range(2):
        capture(order_id)
    assert outbox.types() == ["payment.authorized.v1", "payment.deferred.v1", "payment.deferred.v1"]
    assert the_payment(order_id).captured_amount == 0


def test_the_courier_collects_the_money_once(outbox):
    order_id = an_order("cash_on_delivery")
    capture(order_id)
    for _ in range(2):
        deliver_parcel(order_id)
    assert outbox.types()[2:] == ["payment.captured.v1"]
    assert books_agree()


def test_a_delivery_collects_nothing_of_other_orders(outbox):
    for order_id in (an_order("invoice"), an_order("prepayment"), a_captured_order(), uuid4()):
        before = outbox.types()
        deliver_parcel(order_id)
        assert outbox.types() == before


def test_a_repeated_command_gets_the_same_reply(outbox):
    order_id = uuid4()
    for _ in range(2):
        request_authorization(order_id, payment_method="prepayment")
    first, second = outbox.data("payment.action_required.v1")
    assert first == second
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("method", ["prepayment", "invoice", "cash_on_delivery"])
def test_a_closed_order_owes_nothing(outbox, method):
    order_id = an_order(method)
    close(order_id)
    assert (the_payment(order_id).status, outbox.types()[-1]) == ("voided", "payment.voided.v1")
    assert the_payment(order_id).message == ""


@pytest.mark.parametrize("method", ["prepayment", "invoice"])
def test_money_that_comes_after_the_order_was_closed_is_paid_out_again(outbox, method):
    order_id = an_order(method)
    close(order_id)
    book(order_id)
    owed = Refund.objects.get()
    assert (owed.status, owed.amount, owed.key) == ("requested", 1999, order_id)
    commands.book_payout(refund_id=owed.id, by="ann", now=timezone.now())
    assert outbox.types()[-4:] == [
        "payment.voided.v1", "payment.captured.v1", "payment.refunded.v1", "payment.voided.v1",
    ]  # fmt: skip
    assert books_agree()


def test_nobody_is_called_about_any_of_it(outbox):
    for method in ("prepayment", "invoice", "cash_on_delivery"):
        order_id = an_order(method)
        book(order_id)
        request_refund(order_id, uuid4(), 500)
        close(order_id)
    make_all_calls(at=later(minutes=5))
    assert ProviderCall.objects.count() == 0
    assert work.look_up_waiting(now=later(days=1)) == 0


def test_a_refund_waits_until_staff_have_paid_it_out(outbox):
    order_id, return_id = an_order("invoice"), uuid4()
    book(order_id)
    refund(order_id, return_id, 500)
    assert outbox.data("payment.refunded.v1") == []
    commands.book_payout(refund_id=return_id, by="ann", now=timezone.now())
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(return_id)
    with pytest.raises(AlreadyBooked):
        commands.book_payout(refund_id=return_id, by="ann", now=timezone.now())
    assert books_agree()


def test_a_refund_that_cannot_be_paid_out_fails_and_can_be_made_again(outbox):
    order_id, return_id = an_order("invoice"), uuid4()
    book(order_id)
    refund(order_id, return_id, 500)
    commands.refuse_payout(refund_id=return_id, reason="no account known", by="ann", now=timezone.now())
    assert outbox.one("payment.refund_failed.v1")["message"] == "no account known"
    refund(order_id, return_id, 500, attempt=2)
    assert Refund.objects.get(attempt=2).status == "requested"


@pytest.mark.parametrize(("amount", "currency"), [(1998, EUR), (2000, EUR), (1999, "USD")])
def test_only_the_exact_sum_is_booked(outbox, amount, currency):
    order_id = an_order("prepayment")
    with pytest.raises(InvalidAmount, match=r"19\.99 EUR"):
        book(order_id, amount, currency)
    assert the_payment(order_id).status == "action_required"


def test_a_payment_is_booked_once():
    order_id = an_order("prepayment")
    book(order_id)
    with pytest.raises(AlreadyBooked):
        book(order_id)
    assert PaymentEvent.objects.filter(kind="charge").count() == 1


def test_money_of_a_provider_is_not_booked_by_hand():
    order_id = a_captured_order()
    request_refund(order_id, uuid4(), 500)
    with pytest.raises(NotBookable):
        book(order_id)
    for refused in (
        lambda id_: commands.book_payout(refund_id=id_, by="ann", now=timezone.now()),
        lambda id_: commands.refuse_payout(refund_id=id_, reason="", by="ann", now=timezone.now()),
    ):
        with pytest.raises(NotBookable):
            refused(Refund.objects.get().id)


def test_a_transfer_that_comes_when_the_customer_has_paid_by_card_is_not_booked(outbox):
    order_id = an_order("prepayment")
    request_authorization(order_id, attempt=2, payment_method="sandbox:card_ok")
    make_all_calls()
    with pytest.raises(PaidInAnotherWay):
        book(order_id)
    assert [payment.status for payment in Payment.objects.order_by("attempt")] == ["voided", "authorized"]


def test_an_order_that_costs_nothing_needs_no_payment(outbox):
    order_id = an_order("sandbox:card_declined", amount=eur(0))
    for _ in range(2):
        capture(order_id)
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1", "payment.captured.v1"]
    assert outbox.data("payment.captured.v1")[0]["amount"] == {"amount": 0, "currency": "EUR"}
    close(order_id)
    assert outbox.types()[-1] == "payment.voided.v1"
    assert (ProviderCall.objects.count(), Refund.objects.count()) == (0, 0)
    assert books_agree()


def test_a_negative_amount_is_declined(outbox):
    an_order("invoice", amount=eur(-1))
    assert outbox.types() == ["payment.declined.v1"]


def selected(rows, action, **more):
    return {"action": action, "_selected_action": [str(row.id) for row in rows], **more}


def test_finance_books_with_a_note_and_others_may_not(staff, outbox):
    order_id = an_order("prepayment")
    path, rows = reverse("admin:payments_payment_changelist"), [the_payment(order_id)]
    staff(superuser=False, groups=["support"]).post(path, selected(rows, "book_receipt", reason="seen"))
    finance = staff(superuser=False, groups=["finance"])
    finance.post(path, selected(rows, "book_receipt", reason=" "))
    assert the_payment(order_id).status == "action_required"
    finance.post(path, selected(rows, "book_receipt", reason="statement of 3 May"))
    assert the_payment(order_id).status == "captured"
    request_refund(order_id, uuid4(), 500)
    request_refund(order_id, uuid4(), 300)
    first, second = Refund.objects.order_by("-amount")
    path = reverse("admin:payments_refund_changelist")
    finance.post(path, selected([first], "book_payout", reason="sent"))
    finance.post(path, selected([second], "refuse_payout", reason="no account"))
    assert [row.status for row in Refund.objects.order_by("-amount")] == ["succeeded", "failed"]
    assert outbox.types()[-2:] == ["payment.refunded.v1", "payment.refund_failed.v1"]
