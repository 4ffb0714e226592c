"""Reconciliation: compare the provider's books with ours, object by object, and show the differences to staff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

import structlog
from django.utils import timezone

from chassis.jobs.sweeps import attempt
from payments import commands, queries
from payments.commands import mismatches
from payments.domain import reconciliation
from payments.domain.provider_payment import ProviderPayment, UnreadableObject
from payments.domain.reconciliation import LEDGER, BookedRefund, Difference, Finding
from payments.models import CallStatus, Mismatch, Payment, ProviderCall, ReconciliationRun
from payments.providers import configured_providers, required_provider
from payments.providers.port import NotThere, Provider
from payments.work.dispute_lookup import look_up_disputes
from payments.work.payment_lookup import look_up_payment

log = structlog.get_logger(__name__)

JOB = "job.reconcile_with_provider"

#: Younger payments may still be in progress.
SETTLING = timedelta(minutes=5)
SPAN = timedelta(days=2)
#: A longer period is compared in such parts, so that memory does not grow with it.
PART = timedelta(days=1)
BATCH = 500

Item = TypeVar("Item")
ProviderObject = ProviderPayment | UnreadableObject


@dataclass
class Report:
    """What one run has compared and found. `failed`: providers and objects that could not be compared."""

    compared: int = 0
    failed: int = 0
    findings: list[Finding] = field(default_factory=list)

    def attempt(self, key: str, work: Callable[[], object]) -> None:
        """Call `work`; an error is noted at the job and counted, and harms nothing else."""
        if not attempt(JOB, key, lambda _: work(), noted=False):
            self.failed += 1

    def add(self, finding: Finding, *, now: datetime) -> None:
        """Keep the difference for staff, and in the report."""
        mismatches.record_difference(finding, now=now)
        self.findings.append(finding)


def reconcile(*, now: datetime, span: timedelta = SPAN, settling: timedelta = SETTLING) -> int:
    """Compare recent payments, and older ones that are not settled or differ; return the number of open mismatches."""
    compare_period(Report(), now - span, now, now=now, settling=settling)
    return Mismatch.objects.filter(resolved_at=None).count()


def run_requested(*, now: datetime) -> int:
    """Compare the requested periods, and return their number. One that was interrupted is begun anew."""
    requested = list(ReconciliationRun.objects.filter(finished_at=None).order_by("requested_at"))
    for run in requested:
        report = Report()
        compare_period(report, run.period_start, run.period_end, now=now)
        commands.finish_run(
            run_id=run.id,
            compared=report.compared,
            failed=report.failed,
            findings=report.findings,
            totals=queries.ledger_totals(run.period_start, run.period_end),
            now=timezone.now(),
        )
    return len(requested)


def compare_period(
    report: Report, start: datetime, end: datetime, *, now: datetime, settling: timedelta = SETTLING
) -> None:
    """Compare all books of the period, and what is open of other times.

    An object that cannot be compared, or a provider that cannot be reached, affects no other, and closes nothing.
    """
    for provider in configured_providers():
        books = partial(_compare_books, report, provider.name, now=now, start=start, end=min(end, now - settling))
        report.attempt(provider.name, partial(books, settling=settling))
    _compare_ledger(report, start, end, now)


def _compare_books(
    report: Report, name: str, *, now: datetime, start: datetime, end: datetime, settling: timedelta
) -> None:
    provider = required_provider(name)
    run = _Comparison(provider=provider, report=report, now=now, differed=queries.objects_that_differ(name))
    part = start
    while part < end:
        until = min(part + PART, end)
        run.listed.clear()
        for batch in _batches(provider.list_created(part, until)):
            run.compare_batch(batch)
        run.compare_expected(queries.payments_expected(name, part, min(until, now - 2 * settling)))
        part = until
    run.compare_one_by_one(queries.payments_unsettled(name, start))
    run.compare_open()
    run.close_agreeing()
    look_up_disputes(report.attempt, name, since=start, now=now)


@dataclass(kw_only=True)
class _Comparison:
    """The comparison with one provider. `listed`: our payments that the provider listed in this part of the period.

    `differed`: objects that differed before. `compared`: the kinds of differences by object, of these and of those
    that differ now.
    """

    provider: Provider
    report: Report
    now: datetime
    differed: frozenset[str]
    listed: set[UUID] = field(default_factory=set)
    compared: dict[str, set[str]] = field(default_factory=dict)

    def compare_batch(self, batch: list[ProviderObject]) -> None:
        find = queries.payments_of_objects(self.provider.name, [(found.id, found.reference) for found in batch])
        payments = [find(found.id, found.reference) for found in batch]
        refunds = queries.booked_refunds({payment.id for payment in payments if payment})
        for found, payment in zip(batch, payments, strict=True):
            if payment is not None:
                self.listed.add(payment.id)
            booked = refunds.get(payment.id, []) if payment else []
            self._compare(found.id, payment, partial(_differences, payment, found, booked))

    def compare_expected(self, payments: Iterable[Payment]) -> None:
        """Compare payments that the provider must have and has not listed."""
        for payment, booked in self._not_listed(payments):
            self._compare(_name(payment), payment, partial(self._missing, payment, booked))

    def compare_one_by_one(self, payments: Iterable[Payment]) -> None:
        for payment, booked in self._not_listed(payments):
            if payment.provider_id:
                fetched = partial(self._fetched, payment, payment.provider_id, booked)
                self._compare(payment.provider_id, payment, fetched)

    def compare_open(self) -> None:
        """Compare what differed before and was not listed this time."""
        open_ = Mismatch.objects.filter(provider=self.provider.name, resolved_at=None)
        for row in open_.exclude(kind__in=reconciliation.NOT_COMPARED).select_related("payment"):
            if row.provider_id not in self.compared:
                self._fetch_and_compare(row.provider_id, row.payment)

    def close_agreeing(self) -> None:
        """Close mismatches whose object was compared this time and no longer differs in that way."""
        open_ = Mismatch.objects.filter(provider=self.provider.name, resolved_at=None)
        rows = open_.exclude(kind__in=reconciliation.NOT_COMPARED).values_list("id", "provider_id", "kind")
        agreeing = [id_ for id_, name, kind in rows if name in self.compared and kind not in self.compared[name]]
        mismatches.close_mismatches(ids=agreeing, now=self.now)

    def _fetch_and_compare(self, name: str, payment: Payment | None) -> None:
        """`name`: the object's id at the provider, or our payment's id while we know no other."""
        object_id = payment.provider_id if payment and name == str(payment.id) else name
        if object_id:
            booked = queries.booked_refunds([payment.id])[payment.id] if payment else []
            self._compare(name, payment, partial(self._fetched, payment, object_id, booked))

    def _not_listed(self, payments: Iterable[Payment]) -> Iterator[tuple[Payment, list[BookedRefund]]]:
        """Yield the payments that the provider has not listed, with their refunds, which are read for many at once."""
        for batch in _batches(payment for payment in payments if payment.id not in self.listed):
            refunds = queries.booked_refunds({payment.id for payment in batch})
            yield from ((payment, refunds.get(payment.id, [])) for payment in batch)

    def _fetched(self, payment: Payment | None, object_id: str, booked: Sequence[BookedRefund]) -> list[Difference]:
        return _differences(payment, self.provider.fetch(object_id), booked)

    def _missing(self, payment: Payment, booked: Sequence[BookedRefund]) -> list[Difference]:
        """Look for a payment that was not listed; a provider that does not answer has not said that it is not there."""
        if payment.provider_id:
            try:
                return self._fetched(payment, payment.provider_id, booked)
            except NotThere:
                pass
        return reconciliation.not_at_provider(payment.status, payment.amount)

    def _compare(self, name: str, payment: Payment | None, compare: Callable[[], list[Difference]]) -> None:
        def compare_and_record() -> None:
            found = compare()
            self.report.compared += 1
            for difference in found:
                finding = Finding(self.provider.name, name, payment.id if payment else None, difference)
                self.report.add(finding, now=self.now)
            if found or name in self.differed:
                self.compared.setdefault(name, set()).update(difference.kind for difference in found)

        self.report.attempt(name, compare_and_record)


def _batches(found: Iterable[Item]) -> Iterator[list[Item]]:
    items = iter(found)
    while batch := list(islice(items, BATCH)):
        yield batch


def _name(payment: Payment) -> str:
    return payment.provider_id or str(payment.id)


def _differences(payment: Payment | None, found: ProviderObject, refunds: Sequence[BookedRefund]) -> list[Difference]:
    """Return the differences that a new look-up does not resolve: it also makes up for a lost webhook."""
    if isinstance(found, UnreadableObject):
        return reconciliation.unreadable(found)
    if payment is None:
        return reconciliation.not_here(found)
    if payment.provider_id not in {"", found.id}:
        return reconciliation.charged_twice(found, payment.provider_id)
    if not _differences_of(payment, found, refunds):
        return []
    try:
        found = look_up_payment(payment.id) or found
    except Exception as error:  # then staff see the differences of the first object
        log.warning("reconciliation_look_failed", payment_id=str(payment.id), error=repr(error))
    if ProviderCall.objects.filter(payment_id=payment.id, status=CallStatus.OPEN).exists():
        return []
    return _differences_of(Payment.objects.get(id=payment.id), found, queries.booked_refunds([payment.id])[payment.id])


def _differences_of(payment: Payment, found: ProviderPayment, refunds: Iterable[BookedRefund]) -> list[Difference]:
    of_payment = reconciliation.differences(
        found,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
    )
    return [*of_payment, *reconciliation.refund_differences(found, refunds)]


def _compare_ledger(report: Report, start: datetime, end: datetime, now: datetime) -> None:
    """Compare our own counters with the ledger and the refunds, in one statement for all payments."""
    open_ = Mismatch.objects.filter(kind=LEDGER, resolved_at=None)
    also = [payment_id for payment_id in open_.values_list("payment_id", flat=True) if payment_id]
    differing = set()
    for payment, ours, theirs in queries.counters_and_ledger(start, end, also):
        differing.add(payment.id)
        difference = Difference(LEDGER, ours[:200], theirs[:200])
        report.add(Finding(payment.provider, _name(payment), payment.id, difference), now=now)
    mismatches.close_mismatches(ids=list(open_.exclude(payment_id__in=differing).values_list("id", flat=True)), now=now)
