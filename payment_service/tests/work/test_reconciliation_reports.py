"""The reports of reconciliation: each night, or about any period that staff ask for."""

import csv
import io
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.factories import a_captured_order, later, refund, the_payment

from chassis.jobs import schedule
from payments import commands, tasks, work
from payments.commands.reconciliation_runs import PeriodNotPast
from payments.models import Payment, ReconciliationRun, Refund
from payments.providers import provider_named
from sandbox.payments import faults, processor

pytestmark = pytest.mark.django_db


@pytest.fixture
def difference():
    """A captured payment with a refund, of which the provider has captured less."""
    order_id = a_captured_order()
    refund(order_id, uuid4(), 500)
    processor.books.execute("UPDATE authorizations SET captured = 1900")
    return the_payment(order_id)


def report(start=None, end=None):
    now = later(hours=1)
    run_id = commands.request_reconciliation(start=start or later(days=-1), end=end or now, by="ann", now=now)
    assert work.run_requested(now=now) == 1
    return ReconciliationRun.objects.get(id=run_id)


def test_a_report_says_what_was_compared_and_found_and_what_the_ledger_has(difference):
    run = report()
    assert (run.compared, run.found, run.failed, run.requested_by) == (1, 1, 0, "ann")
    (found,) = run.findings.all()
    assert (found.kind, found.payment_id, found.ours, found.theirs) == ("captured", difference.id, "1999", "1900")
    assert {"provider": "sandbox", "currency": "EUR", "kind": "refund", "amount": 500, "entries": 1} in run.totals


def test_a_report_stays_as_it_was_when_the_books_agree_again(difference):
    run = report()
    processor.books.execute("UPDATE authorizations SET captured = 1999")
    assert report().found == 0
    run.refresh_from_db()
    assert (run.found, run.findings.count()) == (1, 1)


def test_any_period_is_compared_and_no_other(difference):
    created = timezone.now() - timedelta(days=400)
    Payment.objects.update(created_at=created, updated_at=created)
    Refund.objects.update(created_at=created, updated_at=created)
    processor.books.execute("UPDATE authorizations SET created_at = ?", created.timestamp())
    assert report(created - timedelta(days=3), created + timedelta(days=3)).found == 1
    processor.books.execute("UPDATE authorizations SET captured = 1999")
    work.reconcile(now=later(hours=1))
    assert report(created + timedelta(days=10), created + timedelta(days=20)).compared == 0


def test_a_provider_that_cannot_be_reached_is_told_in_the_report(difference, settings):
    settings.SANDBOX_PAYMENT_URL = "http://127.0.0.1:9/payments"
    provider_named.cache_clear()
    run = report()
    assert (run.failed, run.found) == (1, 0)


def test_a_payment_that_cannot_be_looked_up_is_not_said_to_be_missing(difference, monkeypatch):
    """It was not listed, and the provider does not answer about it: that is no finding."""
    monkeypatch.setattr(provider_named("sandbox"), "list_created", lambda start, end: ())
    faults.switch(faults.Fault("down", operation="read"))
    run = report()
    assert (run.failed, run.found) == (1, 0)


def test_an_interrupted_run_is_made_again(difference, monkeypatch):
    commands.request_reconciliation(start=later(days=-1), end=later(), by="ann", now=later(hours=1))

    def dies(**given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(commands, "finish_run", dies)
        work.run_requested(now=later(hours=1))
    work.run_requested(now=later(hours=1))
    assert ReconciliationRun.objects.get().findings.count() == 1


def test_a_period_that_is_not_over_is_refused():
    with pytest.raises(PeriodNotPast):
        commands.request_reconciliation(start=later(days=-1), end=later(days=1), now=later())


def test_every_night_at_three_a_report_is_requested(difference):
    assert "job.request_nightly_report" in schedule()
    tasks.request_nightly_report.run()
    row = ReconciliationRun.objects.get()
    assert (row.requested_by, row.period_end - row.period_start) == ("", work.SPAN)


def test_finance_requests_a_report_reads_it_and_downloads_it(staff, difference):
    browser = staff(superuser=False, groups=["finance"])
    day = timezone.localtime().date()
    form = {
        "period_start_0": f"{day - timedelta(days=1)}",
        "period_start_1": "00:00",
        "period_end_0": f"{datetime.now():%Y-%m-%d}",
        "period_end_1": f"{datetime.now():%H:%M:%S}",
    }
    add = reverse("admin:payments_reconciliationrun_add")
    assert browser.get(add).status_code == 200
    assert browser.post(add, {**form, "period_end_0": "2099-01-01"}).status_code == 200
    assert ReconciliationRun.objects.count() == 0
    answer = browser.post(add, form)
    assert answer.status_code == 302, answer.content.decode()
    run = ReconciliationRun.objects.get()
    assert run.requested_by == "staff@souk.test"
    ReconciliationRun.objects.update(period_end=later())
    work.run_requested(now=later(hours=1))
    page = browser.get(reverse("admin:payments_reconciliationrun_change", args=[run.id])).content.decode()
    assert "sandbox: refund 5.00 EUR in 1" in page
    sheet = browser.get(reverse("admin:payments_reconciliationrun_download", args=[run.id]))
    assert sheet["Content-Type"] == "text/csv"
    rows = list(csv.reader(io.StringIO(sheet.content.decode())))
    assert ["sandbox", "refund", "EUR", "5.00", "1"] in rows
    assert rows[-1][0] == "captured" and rows[-1][-2:] == ["1999", "1900"]
