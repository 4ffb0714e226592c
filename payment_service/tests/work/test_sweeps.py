"""A row that a sweep cannot process does not delay the others."""

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import an_authorized_order, due_calls, later, request_authorization, the_payment

from chassis.jobs.models import FailedRow
from payments import work
from payments.models import Payment, ProviderCall, WebhookEvent
from payments.work import payment_lookup, provider_calls, webhooks
from testkit.jobs import all_jobs

pytestmark = pytest.mark.django_db


def run(job):
    all_jobs()[job]()


def breaks_for(row_id, real):
    """Return the function, changed so that it raises for this payment."""

    def handle(payment_id, *args, **given):
        if getattr(payment_id, "payment_id", payment_id) == row_id:
            raise ValueError("nobody foresaw this")
        return real(payment_id, *args, **given)

    return handle


def test_a_broken_call_stops_no_other_call_and_waits_behind_them(monkeypatch, outbox):
    orders = [uuid4() for _ in range(3)]
    for order_id in orders:
        request_authorization(order_id)
    broken = ProviderCall.objects.get(payment__order_id=orders[1])
    monkeypatch.setattr(provider_calls, "call_provider", breaks_for(broken.payment_id, provider_calls.call_provider))
    run("job.carry_out_due_calls")
    assert outbox.types() == ["payment.authorized.v1"] * 2
    assert (FailedRow.objects.get().job, FailedRow.objects.get().key) == ("job.carry_out_due_calls", str(broken.id))
    assert due_calls(timezone.now()) == [], "it waits"


def test_a_broken_webhook_stops_no_other_webhook_and_waits_behind_them(monkeypatch):
    payments = [the_payment(an_authorized_order(payment_method="card_action_required")) for _ in range(3)]
    for number, payment in enumerate(payments):
        WebhookEvent.objects.create(
            provider="sandbox", event_id=f"evt_{number}", type="x", provider_id=payment.provider_id,
            reference=str(payment.id), received_at=timezone.now(), due_at=timezone.now(),
        )  # fmt: skip
    monkeypatch.setattr(webhooks, "look_up_payment", breaks_for(payments[1].id, webhooks.look_up_payment))
    run("job.process_due_webhooks")
    done = WebhookEvent.objects.exclude(finished_at=None).values_list("event_id", flat=True)
    assert sorted(done) == ["evt_0", "evt_2"]
    left = WebhookEvent.objects.get(finished_at=None)
    assert "nobody foresaw this" in left.error
    assert left.due_at > later(seconds=30), "it waits"


def test_a_payment_whose_look_up_breaks_stops_no_other_look_up_and_waits_behind_them(monkeypatch):
    payments = [the_payment(an_authorized_order(payment_method="card_action_required")) for _ in range(3)]
    Payment.objects.update(looked_at=later(minutes=-5))
    looked_up = []

    def look_up(payment_id):
        looked_up.append(payment_id)
        if payment_id == payments[1].id:
            raise ValueError("nobody foresaw this")
        Payment.objects.filter(id=payment_id).update(looked_at=timezone.now())

    monkeypatch.setattr(payment_lookup, "look_up_payment", look_up)
    assert work.look_up_waiting(now=timezone.now()) == 3
    assert sorted(looked_up) == sorted(payment.id for payment in payments)
    assert (FailedRow.objects.get().job, FailedRow.objects.get().key) == (payment_lookup.JOB, str(payments[1].id))
    assert work.look_up_waiting(now=timezone.now()) == 0, "it waits"
