"""The checks that every Souk project must pass."""

from datetime import UTC, datetime

import pytest

from testkit.project import *  # noqa: F403

A_PERIOD = {"period_start": datetime(2026, 5, 1, tzinfo=UTC), "period_end": datetime(2026, 5, 2, tzinfo=UTC)}


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
        "payment.capture": {"finance"},
        "payment.void": {"finance"},
        "payment.look_up": {"finance", "operations"},
        "mismatch.resolve": {"finance"},
        "reconciliationrun.download": {"finance"},
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
        "payments.providercustomer": "kept while the customer has an account; deleted with it, there too",
        "payments.mismatch": "a difference of the books, and how a person has settled it",
    }


@pytest.fixture
def old_rows():
    return {
        "payments.providercall": {"status": "done"},
        "payments.reconciliationrun": A_PERIOD,
    }


@pytest.fixture
def row_values():
    def requested_by(number):
        return f"staff{number}@example.com" if number % 2 else ""

    return {
        "payments.mismatch": {},
        "payments.reconciliationrun": A_PERIOD,
        "payments.refund": {"requested_by": requested_by},
        "payments.paymentevent": {"outcome": "requested"},  # so that ledger and payments agree
    }


@pytest.fixture
def unmeasured():
    return {"job.reconcile_with_provider", "job.reconcile_requested_periods"}
