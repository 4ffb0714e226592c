"""A row that a sweep cannot handle keeps none of its neighbors waiting."""

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from payments import work
from payments.commands import background
from payments.work import payment_lookup, provider_calls, webhooks

pytestmark = pytest.mark.django_db

SWEEPS = {
    "job.carry_out_due_calls": (work.make_due_calls, provider_calls, "calls_due", "make_call"),
    "job.process_due_webhooks": (work.process_due_webhooks, webhooks, "webhooks_due", "process_webhook"),
    "job.look_at_waiting_payments": (work.look_up_waiting, payment_lookup, "payments_waiting", "look_up_payment"),
}


@pytest.fixture(autouse=True)
def _in_this_thread(monkeypatch):
    """Work that is submitted to the pool runs at once, in this thread."""

    class Here:
        def submit(self, run, handle, id_, token):
            background._queued.discard(token)
            handle(id_)

    monkeypatch.setattr(background, "_pool", Here)


@pytest.mark.parametrize("job", SWEEPS)
def test_a_broken_row_stops_no_other_row_and_waits_behind_them(monkeypatch, job):
    sweep, module, due, handler = SWEEPS[job]
    left, done = ["a", "broken", "c"], []

    def rows(now, limit, *, without):
        return [id_ for id_ in left if id_ not in without]

    def handle(id_):
        if id_ == "broken":
            raise ValueError(id_)
        left.remove(id_)
        done.append(id_)

    monkeypatch.setattr(module.queries, due, rows)
    monkeypatch.setattr(module, handler, handle)
    assert sweep(now=timezone.now()) == 3
    assert done == ["a", "c"]
    assert (FailedRow.objects.get().job, FailedRow.objects.get().key) == (job, "broken")
    assert sweep(now=timezone.now()) == 0, "it waits"
