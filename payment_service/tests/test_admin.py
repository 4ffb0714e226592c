"""The admin of payments, refunds and mismatches."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from chassis.core.money import Money
from payments import commands, work
from payments.domain.dispute import DisputeStatus
from payments.domain.provider_payment import ProviderDispute
from payments.models import Mismatch, PaymentEvent, Refund
from sandbox.payments import faults, processor
from sandbox.payments.faults import Fault
from testkit.jobs import all_jobs
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    later,
    make_all_calls,
    provider_totals,
    refund,
    the_payment,
)

pytestmark = pytest.mark.django_db


def test_a_payment_shows_its_ledger_and_calls_but_no_card(staff):
    payment = the_payment(an_authorized_order(payment_method="card_timeout"))
    page = staff().get(reverse("admin:payments_payment_change", args=[payment.id])).content.decode()
    assert "19.99 EUR" in page
    assert "unknown" in page
    assert "card_timeout" not in page


def test_finance_refunds_from_the_admin(staff, outbox):
    payment = the_payment(a_captured_order())
    browser = staff(superuser=False, groups=["finance"])
    form = browser.get(reverse("admin:payments_refund_add"), {"payment": payment.id})
    assert form.status_code == 200
    answer = browser.post(
        reverse("admin:payments_refund_add"),
        {"payment": str(payment.id), "sum": "12.50", "reason": "scratched", "reason_code": "damaged"},
    )
    assert answer.status_code == 302, answer.content.decode()
    make_all_calls()
    assert provider_totals()["refunds"] == 1250
    assert outbox.one("payment.refunded.v1")["amount"] == {"amount": 1250, "currency": "EUR"}
    assert (Refund.objects.get().requested_by, Refund.objects.get().reason_code) == ("staff@souk.test", "damaged")
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("amount", ["20.00", "0", "-1", "1.999", "NaN", "x"])
def test_a_wrong_amount_is_shown_at_the_form_and_refunds_nothing(staff, amount):
    payment = the_payment(a_captured_order())
    answer = staff().post(
        reverse("admin:payments_refund_add"), {"payment": str(payment.id), "sum": amount, "reason": "scratched"}
    )
    assert answer.status_code == 200
    assert Refund.objects.count() == 0


@pytest.mark.parametrize(
    ("captured", "written", "amount"),
    [
        (Money(100_000, "JPY"), "500", 500),
        (Money(12_500, "KWD"), "1.25", 1250),
        (Money(12_500, "KWD"), "0.005", 5),
        (Money(12_500, "ISK"), "12500", 12_500),
    ],
)
def test_a_refund_is_in_major_units_of_the_payments_currency(staff, captured, written, amount):
    payment = the_payment(a_captured_order(amount=captured))
    page = staff().post(
        reverse("admin:payments_refund_add"), {"payment": str(payment.id), "sum": written, "reason": "scratched"}
    )
    assert page.status_code == 302, page.content.decode()
    make_all_calls()
    assert provider_totals()["refunds"] == amount


@pytest.mark.parametrize(("currency", "written"), [("JPY", "1.5"), ("KWD", "0.0005"), ("EUR", "0.005")])
def test_more_decimals_than_the_currency_has_refund_nothing(staff, currency, written):
    payment = the_payment(a_captured_order(amount=Money(100_000, currency)))
    page = staff().post(
        reverse("admin:payments_refund_add"), {"payment": str(payment.id), "sum": written, "reason": "scratched"}
    )
    assert page.status_code == 200
    assert "decimals" in page.content.decode()
    assert Refund.objects.count() == 0


def test_support_may_look_but_not_refund(staff):
    browser = staff(superuser=False, groups=["support"])
    payment = the_payment(a_captured_order())
    assert browser.get(reverse("admin:payments_payment_change", args=[payment.id])).status_code == 200
    assert browser.get(reverse("admin:payments_refund_add")).status_code == 403


def test_the_refund_button_leads_to_the_form(staff):
    payment = the_payment(a_captured_order())
    answer = staff().get(reverse("admin:payments_payment_refund", args=[payment.id]))
    assert answer["Location"] == f"{reverse('admin:payments_refund_add')}?payment={payment.id}"


def test_a_mismatch_is_closed_by_name(staff):
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1")
    work.reconcile(now=later(seconds=1), settling=timedelta(0))
    row = Mismatch.objects.get()
    closing = {"action": "resolve", "_selected_action": [str(row.id)]}
    for note, by in (("", ""), ("the bank has written it off", "staff@souk.test")):
        staff().post(reverse("admin:payments_mismatch_changelist"), {**closing, "note": note})
        row.refresh_from_db()
        assert (row.resolved_by, row.note) == (by, note)


def test_the_page_of_mismatches_asks_for_the_note(staff):
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1")
    work.reconcile(now=later(seconds=1), settling=timedelta(0))
    assert 'name="note"' in staff().get(reverse("admin:payments_mismatch_changelist")).content.decode()


def refund_form(browser, payment, **given):
    """Return the form as the page sends it."""
    page = browser.get(reverse("admin:payments_refund_add"), {"payment": payment.id})
    form = page.context["adminform"].form
    sent = {"payment": str(payment.id), "sum": "1", "reason": "scratched", "refund_id": str(form.initial["refund_id"])}
    return {**sent, **given}


def test_a_double_click_is_one_refund(staff):
    payment, browser = the_payment(a_captured_order()), staff()
    form = refund_form(browser, payment, sum="5.00")
    answers = [browser.post(reverse("admin:payments_refund_add"), form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    make_all_calls()
    assert provider_totals()["refunds"] == 500
    browser.post(
        reverse("admin:payments_refund_add"), refund_form(browser, payment, sum="5.00")
    )  # another page: a second refund is intended
    make_all_calls()
    assert provider_totals()["refunds"] == 1000


def test_a_refund_overtaken_by_another_one_is_refused_with_an_explanation(staff, monkeypatch):
    payment, browser = the_payment(a_captured_order()), staff()
    form, command = refund_form(browser, payment, sum="15.00"), commands.request_refund

    def after_another(**asked):
        command(**{**asked, "refund_id": None})
        return command(**asked)

    monkeypatch.setattr(commands, "request_refund", after_another)
    answer = browser.post(reverse("admin:payments_refund_add"), form, follow=True)
    assert answer.status_code == 200
    assert "At most 4.99 EUR can be refunded" in answer.content.decode()


def test_the_form_names_what_it_settles(staff, outbox):
    payment, browser, return_id = the_payment(a_captured_order()), staff(), uuid4()
    browser.post(reverse("admin:payments_refund_add"), refund_form(browser, payment, settles=str(return_id)))
    make_all_calls()
    assert outbox.one("payment.refunded.v1")["refund_id"] == str(return_id)


def test_a_refund_of_another_payment_named_in_the_form_is_refused(staff):
    payment, other, browser = the_payment(a_captured_order()), the_payment(a_captured_order()), staff()
    taken = refund_form(browser, other)
    browser.post(reverse("admin:payments_refund_add"), taken)
    form = {**taken, "payment": str(payment.id)}
    answer = browser.post(reverse("admin:payments_refund_add"), form, follow=True)
    assert answer.status_code == 200
    assert Refund.objects.count() == 1


def test_finance_try_a_failed_refund_again_and_support_do_not(staff):
    order_id = a_captured_order()
    faults.switch(Fault("refuse", count=1, operation="refund"))
    refund(order_id, uuid4(), 500)
    failed = Refund.objects.get()
    again = {"action": "try_again", "_selected_action": [str(failed.id)]}
    for group, refunded in (("support", 0), ("finance", 500), ("finance", 500)):
        staff(superuser=False, groups=[group]).post(reverse("admin:payments_refund_changelist"), again)
        make_all_calls()
        assert provider_totals()["refunds"] == refunded


def test_a_refund_page_opens(staff):
    payment = the_payment(a_captured_order())
    staff().post(reverse("admin:payments_refund_add"), {"payment": str(payment.id), "sum": "1", "reason": "x"})
    page = staff().get(reverse("admin:payments_refund_change", args=[Refund.objects.get().id]))
    assert page.status_code == 200


def test_the_ledger_is_counted(client):
    a_captured_order()
    all_jobs()["job.work_out_figures"]()
    text = client.get("/metrics").content.decode()
    assert 'souk_payments_amount_total{currency="EUR",kind="charge",outcome="succeeded"} 1999.0' in text


def test_disputes_that_can_still_be_answered_come_first(staff):
    payment = the_payment(a_captured_order())
    for number, (status, days) in enumerate([("lost", -20), ("needs_response", 9), ("needs_response", 2)]):
        commands.record_provider_dispute(
            payment_id=payment.id,
            order_id=payment.order_id,
            found=ProviderDispute(
                id=f"dp_{number}", status=DisputeStatus(status), amount=100, currency="EUR", respond_by=later(days=days)
            ),
            now=later(),
        )
    page = staff(superuser=False, groups=["finance"]).get(reverse("admin:payments_dispute_changelist"))
    assert [row.provider_id for row in page.context["cl"].result_list] == ["dp_2", "dp_1", "dp_0"]


PAYMENTS = "admin:payments_payment_changelist"


def act(browser, action, row, listing=PAYMENTS, **form):
    asked = {"action": action, "_selected_action": [str(row.pk)], **form}
    return browser.post(reverse(listing), asked, follow=True).content.decode()


def test_finance_collects_what_is_held_and_it_is_attributed(staff, outbox):
    payment = the_payment(an_authorized_order())
    act(staff(superuser=False, groups=["finance"]), "capture", payment)
    make_all_calls()
    assert provider_totals()["captures"] == 1999
    entry = PaymentEvent.objects.get(kind="charge", outcome="requested")
    assert (entry.actor, LogEntry.objects.get().object_id) == ("staff@souk.test", str(payment.id))
    assert "No money is held" in act(staff(), "capture", payment)


def test_finance_releases_what_is_held_with_a_reason_and_the_order_hears_of_it(staff, outbox):
    payment = the_payment(an_authorized_order())
    browser = staff(superuser=False, groups=["finance"])
    act(browser, "void", payment)
    assert the_payment(payment.order_id).status == "authorized"
    act(browser, "void", payment, reason="The customer called")
    make_all_calls()
    assert (provider_totals()["voids"], the_payment(payment.order_id).status) == (1999, "voided")
    assert outbox.types()[-1] == "payment.voided.v1"
    assert LogEntry.objects.get().change_message == "being released: The customer called"


def test_captured_money_is_not_released_but_refunded(staff):
    payment = the_payment(a_captured_order())
    assert "No money is held" in act(staff(), "void", payment, reason="x")
    assert the_payment(payment.order_id).status == "captured"


def test_a_look_at_the_provider_brings_what_was_missed(staff, outbox):
    payment = the_payment(an_authorized_order())
    processor.capture(payment.provider_id)
    act(staff(superuser=False, groups=["operations"]), "look_up", payment)
    assert the_payment(payment.order_id).status == "captured"


def test_a_look_at_a_provider_that_does_not_answer_says_so(staff):
    payment = the_payment(an_authorized_order())
    faults.switch(Fault("down"))
    assert "cannot be reached at the moment" in act(staff(), "look_up", payment)


def test_the_money_of_an_order_is_told_in_sentences(staff):
    order_id = a_captured_order()
    refund(order_id, uuid4(), 500)
    page = staff(superuser=False, groups=["finance"]).get(
        reverse("admin:payments_orderaccount_change", args=[order_id])
    )
    text = page.content.decode()
    for said in (
        "sandbox was asked to hold 19.99 EUR.",
        "19.99 EUR was approved by sandbox.",
        "19.99 EUR was collected.",
        "5.00 EUR was refunded.",
        "The shop has 14.99 EUR of this order.",
    ):
        assert said in text
