"""The database itself keeps the ledger: whatever code is wrong, an entry stays as it was added."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from payments.models import PaymentEvent
from tests.factories import a_captured_order, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    refund(a_captured_order(), uuid4(), 500)
    return PaymentEvent.objects.get(kind="refund", outcome="succeeded")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"currency": "USD"},
        {"outcome": "failed"},
        {"kind": "charge"},
        {"code": "changed"},
        {"actor": "changed"},
        {"message": "changed"},
        {"refund": None},
        {"id": uuid4()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_entry_can_be_changed(entry, change):
    before = PaymentEvent.objects.filter(id=entry.id).values().get()
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        PaymentEvent.objects.filter(id=entry.id).update(**change)
    assert PaymentEvent.objects.filter(id=entry.id).values().get() == before


def test_no_entry_can_be_deleted(entry):
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        PaymentEvent.objects.filter(id=entry.id)._raw_delete("default")
    assert PaymentEvent.objects.filter(id=entry.id).exists()


def test_the_text_of_an_entry_can_be_erased(entry):
    PaymentEvent.objects.filter(id=entry.id).update(message="")
