"""Each kind of corruption that was planted in the books is found, and whole books show none."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from tests.factories import a_captured_order, an_authorized_order, later, refund, the_payment

from payments import commands, work
from payments.domain.dispute import DisputeStatus
from payments.domain.provider_payment import ProviderDispute
from payments.models import Dispute, Mismatch, Payment, PaymentEvent, ProviderCall, Refund
from sandbox.payments import processor
from tests import ledger

pytestmark = pytest.mark.django_db

BOOKS = processor.books


@pytest.fixture
def order_id():
    """An order that was partly refunded and partly disputed, among orders in every other state."""
    an_authorized_order()
    an_authorized_order(payment_method="card_declined")
    an_authorized_order(payment_method="card_action_required")
    a_captured_order()
    order_id = a_captured_order()
    refund(order_id, uuid4(), 300)
    refund(order_id, uuid4(), 500)
    opened = ProviderDispute(
        id="dp_1", status=DisputeStatus.NEEDS_RESPONSE, amount=200, currency="EUR", reason="fraudulent", taken=200
    )
    payment = the_payment(order_id)
    commands.record_provider_dispute(payment_id=payment.id, order_id=order_id, found=opened, now=later())
    return order_id


def reconcile():
    work.reconcile(now=later(seconds=1), settling=timedelta(0))
    return set(Mismatch.objects.filter(resolved_at=None).values_list("kind", flat=True))


def entries(payment, **which):
    return PaymentEvent.objects.filter(payment_id=payment.id, outcome="succeeded", **which)


def add_entry(payment):
    row = entries(payment, kind="refund").first()
    row.id, row.refund_id = uuid4(), None
    row.save(force_insert=True)


def at_the_bank(statement):
    return lambda payment: BOOKS.execute(statement, payment.provider_id)


def here(rows, **values):
    return lambda payment: rows(payment).update(**values)


def refunds(payment):
    return Refund.objects.filter(payment_id=payment.id, amount=500)


def payments(payment):
    return Payment.objects.filter(id=payment.id)


def taken_as_another(payment):
    made = processor.authorize(
        {"amount": 1999, "currency": "EUR", "payment_method": "card_ok", "reference": str(payment.id)}
    )
    processor.capture(made)


PLANTED = {
    "ledger: an amount was changed": ("ledger", here(lambda p: entries(p, kind="charge"), amount=1998)),
    "ledger: a currency was changed": ("ledger", here(lambda p: entries(p, kind="charge"), currency="USD")),
    "ledger: an entry is gone": ("ledger", lambda p: entries(p, kind="refund")[0].delete()),
    "ledger: an entry is there twice": ("ledger", add_entry),
    "ledger: a chargeback is gone": ("ledger", lambda p: entries(p, kind="chargeback").delete()),
    "counter: captured": ("ledger", here(payments, captured_amount=1500)),
    "counter: claimed": ("ledger", here(payments, claimed_amount=900)),
    "counter: refunded": ("ledger", here(payments, refunded_amount=799)),
    "counter: disputed": ("ledger", here(payments, disputed_amount=0)),
    "dispute: another sum": ("ledger", lambda p: Dispute.objects.update(taken_amount=1)),
    "refund: another sum here": ("refunds", here(refunds, amount=400)),
    "refund: another currency here": ("refunds", here(refunds, currency="USD")),
    "refund: another status here": ("refunds", here(refunds, status="failed")),
    "refund: not at the bank": (
        "refunds",
        at_the_bank("DELETE FROM refunds WHERE amount = 500 AND authorization_id = ?"),
    ),
    "refund: another sum at the bank": (
        "refunds",
        at_the_bank("UPDATE refunds SET amount = 450 WHERE amount = 500 AND authorization_id = ?"),
    ),
    "payment: another sum here": ("amount", here(payments, amount=2999)),
    "payment: another currency at the bank": (
        "amount",
        at_the_bank("UPDATE authorizations SET currency = 'USD' WHERE id = ?"),
    ),
    "payment: another sum captured": (
        "captured",
        at_the_bank("UPDATE authorizations SET captured = 1900 WHERE id = ?"),
    ),
    "payment: open at the bank": (
        "status",
        at_the_bank("UPDATE authorizations SET status = 'authorized' WHERE id = ?"),
    ),
    "payment: not at the bank": ("not_at_provider", at_the_bank("DELETE FROM authorizations WHERE id = ?")),
    "payment: charged twice": ("charged_twice", taken_as_another),
    "payment: not readable": ("unreadable", at_the_bank("UPDATE authorizations SET status = 'odd' WHERE id = ?")),
}


def test_whole_books_show_nothing(order_id):
    assert reconcile() == set()
    assert ProviderCall.objects.filter(status="open").count() == 0


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_corruption_is_found_and_nothing_else(order_id, planted):
    kind, plant = PLANTED[planted]
    payment = the_payment(order_id)
    with ledger.lifted():
        plant(payment)
    assert kind in reconcile()
    found = Mismatch.objects.filter(resolved_at=None)
    assert {row.payment_id for row in found} == {payment.id}


def test_two_currencies_never_add(order_id):
    """The sum of the amounts agrees, but they are of two currencies."""
    payment = the_payment(order_id)
    with ledger.lifted():
        entries(payment, kind="refund", amount=300).update(currency="USD")
        Payment.objects.filter(id=payment.id).update(refunded_amount=F("refunded_amount"))
    assert "ledger" in reconcile()
