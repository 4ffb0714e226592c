"""Concurrent threads on the real database, checked against the provider's records."""

import threading
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone
from tests.factories import (
    a_captured_order,
    an_authorized_order,
    due_calls,
    eur,
    later,
    make_all_calls,
    provider_totals,
    request_authorization,
    the_payment,
)

from payments import commands
from payments.models import Payment, ProviderCall, Refund
from payments.work.pool import POOL

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run the calls at the same time; raise the error of any of them."""
    errors, start = [], threading.Barrier(len(works))

    def run(work):
        try:
            start.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_eight_times_the_same_question_at_once_is_one_authorization(outbox):
    order_id = uuid4()
    at_once(*[lambda: request_authorization(order_id)] * 8)
    at_once(*[make_all_calls] * 4)
    assert (Payment.objects.count(), ProviderCall.objects.count()) == (1, 1)
    assert provider_totals()["authorizations"] == 1999
    assert outbox.types() == ["payment.authorized.v1"]


@pytest.mark.parametrize("round_", range(4))
def test_void_against_capture_ends_with_nothing_kept(outbox, round_):
    order_id = an_authorized_order()
    at_once(
        lambda: commands.capture_payment(order_id=order_id, now=timezone.now()),
        lambda: commands.close_order_payments(order_id=order_id, now=timezone.now()),
        make_all_calls,
        make_all_calls,
    )
    make_all_calls()
    make_all_calls(at=later(minutes=5))
    totals = provider_totals()
    assert totals["captures"] == totals["refunds"]
    assert totals["captures"] + totals["voids"] == 1999
    assert outbox.types()[-1] == "payment.voided.v1" or "payment.voided.v1" in outbox.types()


@pytest.mark.parametrize("round_", range(4))
def test_void_against_authorize_ends_with_nothing_held(outbox, round_):
    order_id = uuid4()
    at_once(
        lambda: request_authorization(order_id),
        lambda: commands.close_order_payments(order_id=order_id, now=timezone.now()),
        make_all_calls,
    )
    make_all_calls()
    make_all_calls(at=later(minutes=5))
    totals = provider_totals()
    assert totals["authorizations"] == totals["voids"]
    assert "payment.voided.v1" in outbox.types()
    assert not due_calls(later(days=1))


def test_ten_refunds_at_once_never_exceed_the_capture():
    order_id = a_captured_order()
    at_once(
        *[
            lambda: commands.refund_payment(
                order_id=order_id, refund_id=uuid4(), amount=eur(400), reason="", now=timezone.now()
            )
        ]
        * 10
    )
    make_all_calls()
    assert provider_totals()["refunds"] == 1600
    payment = the_payment(order_id)
    assert (payment.claimed_amount, payment.refunded_amount) == (1600, 1600)
    assert Refund.objects.filter(status="failed").count() == 6


def test_calls_begin_right_after_the_commit(settings, outbox):
    settings.PAYMENT_CALLS_AT_ONCE, settings.PAYMENT_CALL_THREADS = True, 1
    request_authorization(uuid4())
    POOL.drain(30)
    assert outbox.types() == ["payment.authorized.v1"]
