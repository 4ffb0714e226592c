"""Reconciliation: compare the provider's books with ours, object by object, and show the differences to staff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from uuid import UUID

import structlog

from chassis.jobs.sweeps import attempt
from payments import queries
from payments.commands import mismatches
from payments.domain import reconciliation
from payments.domain.provider_payment import ProviderPayment, UnreadableObject
from payments.domain.reconciliation import LEDGER, Difference
from payments.models import CallStatus, Mismatch, Payment, ProviderCall
from payments.providers import configured_providers, required_provider
from payments.providers.port import Provider, RequestNotProcessed
from payments.work.dispute_lookup import look_up_disputes
from payments.work.payment_lookup import look_up_payment

log = structlog.get_logger(__name__)

JOB = "job.reconcile_with_provider"

#: Younger payments may still be in progress.
SETTLING = timedelta(minutes=5)
SPAN = timedelta(days=2)
BATCH = 500

ProviderObject = ProviderPayment | UnreadableObject


def reconcile(*, now: datetime, span: timedelta = SPAN, settling: timedelta = SETTLING) -> int:
    """Compare recent payments, and older ones that are not settled or differ; return the number of open mismatches.

    An object that cannot be compared, or a provider that cannot be reached, affects no other, and closes nothing.
    """
    start, end = now - span, now - settling
    for provider in configured_providers():
        attempt(JOB, provider.name, partial(_compare_books, now=now, start=start, end=end, settling=settling))
    _compare_ledger(start, now)
    return Mismatch.objects.filter(resolved_at=None).count()


def _compare_books(name: str, *, now: datetime, start: datetime, end: datetime, settling: timedelta) -> None:
    provider = required_provider(name)
    run = _Comparison(provider=provider, now=now)
    for batch in _batches(provider.list_created(start, end)):
        run.compare_batch(batch)
    run.compare_expected(queries.payments_expected(provider.name, start, end - settling))
    run.compare_one_by_one(queries.payments_unsettled(provider.name, start))
    run.compare_open()
    run.close_agreeing()
    look_up_disputes(JOB, name, since=start, now=now)


@dataclass(kw_only=True)
class _Comparison:
    """One run. `listed`: our payments that the provider listed. `compared`: the kinds of differences by object."""

    provider: Provider
    now: datetime
    listed: set[UUID] = field(default_factory=set)
    compared: dict[str, set[str]] = field(default_factory=dict)

    def compare_batch(self, batch: list[ProviderObject]) -> None:
        find = queries.payments_of_objects(self.provider.name, [(found.id, found.reference) for found in batch])
        for found in batch:
            payment = find(found.id, found.reference)
            if payment is not None:
                self.listed.add(payment.id)
            self._compare(found.id, payment, partial(_differences, payment, found))

    def compare_expected(self, payments: Iterable[Payment]) -> None:
        """Compare payments that the provider must have and has not listed."""
        for payment in payments:
            if payment.id not in self.listed:
                self._compare(_name(payment), payment, partial(self._missing, payment))

    def compare_one_by_one(self, payments: Iterable[Payment]) -> None:
        for payment in payments:
            if payment.id not in self.listed and payment.provider_id:
                self._fetch_and_compare(payment.provider_id, payment)

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
            self._compare(name, payment, lambda: _differences(payment, self.provider.fetch(object_id)))

    def _missing(self, payment: Payment) -> list[Difference]:
        if payment.provider_id:
            try:
                return _differences(payment, self.provider.fetch(payment.provider_id))
            except RequestNotProcessed:  # the provider has just answered the list: this object is not there
                pass
        return reconciliation.not_at_provider(payment.status, payment.amount)

    def _compare(self, name: str, payment: Payment | None, compare: Callable[[], list[Difference]]) -> None:
        def compare_and_record(_: str) -> None:
            found = compare()
            for difference in found:
                mismatches.record_difference(
                    provider=self.provider.name,
                    provider_id=name,
                    payment_id=payment.id if payment else None,
                    difference=difference,
                    now=self.now,
                )
            self.compared.setdefault(name, set()).update(difference.kind for difference in found)

        attempt(JOB, name, compare_and_record, noted=False)


def _batches(found: Iterable[ProviderObject]) -> Iterator[list[ProviderObject]]:
    objects = iter(found)
    while batch := list(islice(objects, BATCH)):
        yield batch


def _name(payment: Payment) -> str:
    return payment.provider_id or str(payment.id)


def _differences(payment: Payment | None, found: ProviderObject) -> list[Difference]:
    """Return the differences that a new look-up does not resolve: it also makes up for a lost webhook."""
    if isinstance(found, UnreadableObject):
        return reconciliation.unreadable(found)
    if payment is None:
        return reconciliation.not_here(found)
    if payment.provider_id not in {"", found.id}:
        return reconciliation.charged_twice(found, payment.provider_id)
    if not _differences_of(payment, found):
        return []
    try:
        found = look_up_payment(payment.id) or found
    except Exception as error:  # then staff see the differences of the first object
        log.warning("reconciliation_look_failed", payment_id=str(payment.id), error=repr(error))
    busy = ProviderCall.objects.filter(payment_id=payment.id, status=CallStatus.OPEN).exists()
    return [] if busy else _differences_of(Payment.objects.get(id=payment.id), found)


def _differences_of(payment: Payment, found: ProviderPayment) -> list[Difference]:
    return reconciliation.differences(
        found,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
    )


def _compare_ledger(start: datetime, now: datetime) -> None:
    """Compare our own counters with the ledger and the refunds, in one statement for all payments."""
    open_ = Mismatch.objects.filter(kind=LEDGER, resolved_at=None)
    also = [payment_id for payment_id in open_.values_list("payment_id", flat=True) if payment_id]
    differing = set()
    for payment, ours, theirs in queries.counters_and_ledger(start, also):
        differing.add(payment.id)
        mismatches.record_difference(
            provider=payment.provider,
            provider_id=_name(payment),
            payment_id=payment.id,
            difference=Difference(LEDGER, ours, theirs),
            now=now,
        )
    mismatches.close_mismatches(ids=list(open_.exclude(payment_id__in=differing).values_list("id", flat=True)), now=now)
