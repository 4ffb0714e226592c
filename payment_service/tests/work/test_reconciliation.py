"""The comparison of the provider's records with ours."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.factories import a_captured_order, an_authorized_order, later, refund, the_payment

from payments import commands, work
from payments.commands.mismatches import NoteMissing
from payments.domain import reconciliation
from payments.models import Mismatch, Payment, PaymentEvent, Refund, WebhookEvent
from sandbox.payments import processor
from tests import ledger

pytestmark = pytest.mark.django_db


def reconcile():
    return work.reconcile(now=later(seconds=1), settling=timedelta(0))


def kinds():
    return set(Mismatch.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_books_that_agree_show_nothing():
    an_authorized_order()
    a_captured_order()
    an_authorized_order(payment_method="card_declined")
    an_authorized_order(payment_method="card_action_required")
    assert reconcile() == 0


def test_a_charge_that_nobody_here_knows_is_shown_and_closed_when_it_is_gone():
    made = processor.authorize({"amount": 5, "currency": "EUR", "payment_method": "card_ok", "reference": str(uuid4())})
    assert reconcile() == 1
    assert Mismatch.objects.get().theirs == "authorized 5 EUR"
    processor.void(made)
    assert reconcile() == 0


def test_a_payment_that_the_provider_does_not_have_is_shown():
    a_captured_order()
    processor.books.execute("DELETE FROM authorizations")
    reconcile()
    assert kinds() == {"not_at_provider"}


def test_a_capture_made_elsewhere_is_taken_in_not_shown(outbox):
    order_id = an_authorized_order()
    processor.capture(the_payment(order_id).provider_id)
    assert reconcile() == 0
    assert outbox.types() == ["payment.authorized.v1", "payment.captured.v1"]
    assert WebhookEvent.objects.count() == 0


def test_other_amounts_are_shown():
    order_id = a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    reconcile()
    assert kinds() == {"captured"}
    row = Mismatch.objects.get()
    assert (row.ours, row.theirs, row.payment_id) == ("1999", "1900", the_payment(order_id).id)


def test_a_resolved_mismatch_stays_closed_until_the_figures_change():
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    reconcile()
    commands.resolve_mismatch(mismatch_id=Mismatch.objects.get().id, by="ann", note="written off", now=timezone.now())
    assert reconcile() == 0
    processor.books.execute("UPDATE authorizations SET captured = 1800")
    assert reconcile() == 1


def test_an_authorization_that_came_back_to_life_is_shown():
    an_authorized_order(payment_method="card_declined")
    Payment.objects.update(status="voided")
    processor.books.execute("UPDATE authorizations SET status = 'authorized'")
    reconcile()
    assert kinds() == {"status"}


def test_nothing_is_closed_without_a_note():
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    reconcile()
    for note in ("", "  "):
        with pytest.raises(NoteMissing):
            commands.resolve_mismatch(mismatch_id=Mismatch.objects.get().id, by="ann", note=note, now=timezone.now())
    assert kinds() == {"captured"}


def test_a_difference_stays_open_as_long_as_the_books_differ_and_closes_when_they_agree():
    """Also when the payment is older than the compared days."""
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    assert work.reconcile(now=later(hours=1)) == 1
    for days in (2.1, 5, 60):
        assert work.reconcile(now=later(days=days)) == 1
    processor.books.execute("UPDATE authorizations SET captured = 1999")
    assert work.reconcile(now=later(days=61)) == 0
    assert Mismatch.objects.get().resolved_by == ""


def test_a_charge_that_nobody_here_knows_stays_open_too():
    processor.authorize({"amount": 5, "currency": "EUR", "payment_method": "card_ok", "reference": str(uuid4())})
    assert [work.reconcile(now=later(days=days)) for days in (0.1, 3)] == [1, 1]


def test_a_mismatch_that_cannot_be_looked_up_stays_open():
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    assert work.reconcile(now=later(hours=1)) == 1
    processor.books.execute("DELETE FROM authorizations")
    assert work.reconcile(now=later(days=3)) == 1


def test_one_bad_object_hides_no_other_and_is_shown():
    a_captured_order()
    broken = the_payment(a_captured_order())
    other = the_payment(a_captured_order())
    processor.books.execute("UPDATE authorizations SET status = 'nonsense' WHERE id = ?", broken.provider_id)
    processor.books.execute("UPDATE authorizations SET captured = 1900 WHERE id = ?", other.provider_id)
    reconcile()
    assert kinds() == {"unreadable", "captured"}
    processor.books.execute("UPDATE authorizations SET status = 'captured' WHERE id = ?", broken.provider_id)
    reconcile()
    assert kinds() == {"captured"}


def test_a_payment_whose_comparison_breaks_hides_no_other_and_closes_nothing(monkeypatch):
    first, second = the_payment(a_captured_order()), the_payment(a_captured_order())
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    assert reconcile() == 2
    real = reconciliation.differences

    def breaks(seen, **ours):
        if seen.id == first.provider_id:
            raise RuntimeError("nobody foresaw this")
        return real(seen, **ours)

    monkeypatch.setattr(reconciliation, "differences", breaks)
    processor.books.execute("UPDATE authorizations SET captured = 1999")
    assert reconcile() == 1
    assert Mismatch.objects.get(resolved_at=None).payment_id == first.id
    assert Mismatch.objects.get(payment_id=second.id).resolved_at


def test_a_second_charge_for_one_payment_is_shown():
    payment = the_payment(a_captured_order())
    processor.capture(
        processor.authorize(
            {"amount": 1999, "currency": "EUR", "payment_method": "card_ok", "reference": str(payment.id)}
        )
    )
    reconcile()
    row = Mismatch.objects.get()
    assert (row.kind, row.ours, row.payment_id) == ("charged_twice", payment.provider_id, payment.id)


@pytest.mark.parametrize(
    "corrupt",
    [
        lambda: Payment.objects.update(refunded_amount=100),
        lambda: Payment.objects.update(claimed_amount=1000),
        lambda: PaymentEvent.objects.filter(kind="refund", outcome="succeeded").update(amount=499),
        lambda: Refund.objects.update(status="failed"),
        lambda: Refund.objects.update(amount=1),
    ],
)
def test_counters_that_differ_from_the_ledger_are_shown_until_they_agree(corrupt):
    refund(a_captured_order(), uuid4(), 500)
    assert reconcile() == 0
    before = Payment.objects.values("refunded_amount", "claimed_amount").get()
    with ledger.lifted():
        corrupt()
    reconcile()
    assert "ledger" in kinds()
    with ledger.lifted():
        PaymentEvent.objects.filter(kind="refund", outcome="succeeded").update(amount=500)
    Refund.objects.update(status="succeeded", amount=500)
    Payment.objects.update(**before)
    assert work.reconcile(now=later(days=30)) == 0


def test_a_refund_made_by_hand_for_an_old_payment_that_still_moves_is_found(outbox):
    order_id = a_captured_order()
    Payment.objects.update(created_at=later(days=-10))
    refund(order_id, uuid4(), 100)
    processor.refund(the_payment(order_id).provider_id, 700, "")
    processor.books.execute("UPDATE authorizations SET created_at = created_at - 864000")
    assert reconcile() == 0
    assert the_payment(order_id).refunded_amount == 800


def test_an_old_payment_that_is_not_decided_is_looked_at(outbox):
    order_id = an_authorized_order()
    Payment.objects.update(created_at=later(days=-10))
    processor.books.execute("UPDATE authorizations SET created_at = created_at - 864000")
    processor.capture(the_payment(order_id).provider_id)
    assert reconcile() == 0
    assert outbox.types()[-1] == "payment.captured.v1"


def test_books_that_agree_cost_the_same_number_of_statements_however_many_payments():
    a_captured_order()
    with CaptureQueriesContext(connection) as few:
        reconcile()
    for _ in range(12):
        a_captured_order()
    with CaptureQueriesContext(connection) as many:
        reconcile()
    assert len(many) == len(few)
