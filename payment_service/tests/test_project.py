"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "payment.refund": {"finance"},
        "payment.book_receipt": {"finance"},
        "refund.book_payout": {"finance"},
        "refund.refuse_payout": {"finance"},
        "refund.try_again": {"finance"},
        "providercall.try_again": {"finance", "operations"},
        "providercall.give_up": {"finance"},
        "webhookevent.try_again": {"finance", "operations"},
        "webhookevent.give_up": {"finance"},
        "mismatch.resolve": {"finance"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "payments.orderaccount": "money that was paid, kept by law",
        "payments.payment": "money that was paid, kept by law",
        "payments.refund": "money that went back, kept by law",
        "payments.dispute": "money that a bank took back, kept by law",
        "payments.paymentevent": "the ledger",
        "payments.mismatch": "a difference of the books, and how a person has settled it",
    }


@pytest.fixture
def old_rows():
    return {
        "payments.providercall": {"status": "done"},
    }


@pytest.fixture
def row_values():
    def requested_by(number):
        return f"staff{number}@example.com" if number % 2 else ""

    return {
        "payments.mismatch": {},
        "payments.refund": {"requested_by": requested_by},
        "payments.paymentevent": {"outcome": "requested"},  # so that ledger and payments agree
    }


@pytest.fixture
def unmeasured():
    return {"job.reconcile_with_provider"}
