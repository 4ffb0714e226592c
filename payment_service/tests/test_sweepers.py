"""A row that a sweep cannot handle keeps none of its neighbors waiting."""

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from payments import commands
from payments.commands import carrying_out, looking, prompt, webhooks

pytestmark = pytest.mark.django_db

SWEEPS = {
    "job.carry_out_due_calls": (commands.carry_out_due, carrying_out, "calls_due", "carry_out"),
    "job.process_due_webhooks": (commands.process_webhooks_due, webhooks, "webhooks_due", "process_webhook"),
    "job.look_at_waiting_payments": (commands.look_at_waiting, looking, "payments_waiting", "look_at"),
}


@pytest.fixture(autouse=True)
def _in_this_thread(monkeypatch):
    """The pool's work is done when it is handed in."""

    class Here:
        def submit(self, run, work, id_, token):
            prompt._waiting.discard(token)
            work(id_)

    monkeypatch.setattr(prompt, "_pool", Here)


@pytest.mark.parametrize("job", SWEEPS)
def test_a_broken_row_stops_no_other_row_and_waits_behind_them(monkeypatch, job):
    sweep, module, due, work = SWEEPS[job]
    left, done = ["a", "broken", "c"], []

    def rows(now, limit, *, without):
        return [id_ for id_ in left if id_ not in without]

    def handle(id_):
        if id_ == "broken":
            raise ValueError(id_)
        left.remove(id_)
        done.append(id_)

    monkeypatch.setattr(module.queries, due, rows)
    monkeypatch.setattr(module, work, handle)
    assert sweep(now=timezone.now()) == 3
    assert done == ["a", "c"]
    assert (FailedRow.objects.get().job, FailedRow.objects.get().key) == (job, "broken")
    assert sweep(now=timezone.now()) == 0, "it waits"
