"""The provider's books beside ours."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import a_captured_order, an_authorized_order, later, the_payment

from payments import commands
from payments.models import Mismatch, Payment, WebhookEvent
from sandbox.payments import processor

pytestmark = pytest.mark.django_db


def reconcile():
    return commands.reconcile(now=later(seconds=1), settling=timedelta(0))


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


def test_what_staff_have_dealt_with_stays_closed_until_the_figures_change():
    a_captured_order()
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    reconcile()
    commands.resolve_mismatch(mismatch_id=Mismatch.objects.get().id, by="ann", now=timezone.now())
    assert reconcile() == 0
    processor.books.execute("UPDATE authorizations SET captured = 1800")
    assert reconcile() == 1


def test_an_authorization_that_came_back_to_life_is_shown():
    an_authorized_order(payment_method="card_declined")
    Payment.objects.update(status="voided")
    processor.books.execute("UPDATE authorizations SET status = 'authorized'")
    reconcile()
    assert kinds() == {"status"}
