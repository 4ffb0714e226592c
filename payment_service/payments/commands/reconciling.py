"""Reconciliation: the provider's books beside ours, object by object. What differs is for staff to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from uuid import UUID

import structlog
from django.conf import settings

from chassis.jobs.sweeping import attempt
from payments import queries
from payments.commands import mismatches
from payments.commands.looking import look_at
from payments.domain import reconciliation
from payments.domain.reconciliation import LEDGER, Difference
from payments.domain.seen import SeenPayment, Unreadable
from payments.models import CallStatus, Mismatch, Payment, ProviderCall
from payments.providers import required_provider
from payments.providers.port import NotDone, Provider

log = structlog.get_logger(__name__)

#: Young payments may still be under way.
SETTLING = timedelta(minutes=5)
SPAN = timedelta(days=2)
BATCH = 500

Seen = SeenPayment | Unreadable


def reconcile(*, now: datetime, span: timedelta = SPAN, settling: timedelta = SETTLING) -> int:
    """Compare the payments of the last days, and older ones that are not settled or differ; how many differ.

    Calls the provider. One object that cannot be compared hides no other, and closes nothing.
    """
    provider = required_provider(settings.PAYMENT_PROVIDER)
    start, end = now - span, now - settling
    run = _Run(provider=provider, now=now)
    for batch in _batches(provider.created(start, end)):
        run.compare_batch(batch)
    run.compare_expected(queries.payments_expected(provider.name, start, end - settling))
    run.compare_one_by_one(queries.payments_unsettled(provider.name, start))
    run.compare_open()
    run.close_agreeing()
    _compare_ledger(provider.name, start, now)
    return Mismatch.objects.filter(resolved_at=None).count()


@dataclass(kw_only=True)
class _Run:
    """`here`: our payments that the provider has. `compared`: which differences each compared object has."""

    provider: Provider
    now: datetime
    here: set[UUID] = field(default_factory=set)
    compared: dict[str, set[str]] = field(default_factory=dict)

    def compare_batch(self, batch: list[Seen]) -> None:
        find = queries.payments_seen(self.provider.name, [(seen.id, seen.reference) for seen in batch])
        for seen in batch:
            payment = find(seen.id, seen.reference)
            if payment is not None:
                self.here.add(payment.id)
            self._note(seen.id, payment, partial(_differences, payment, seen))

    def compare_expected(self, payments: Iterable[Payment]) -> None:
        """Payments that the provider must have, and has not listed."""
        for payment in payments:
            if payment.id not in self.here:
                self._note(_name(payment), payment, partial(self._missing, payment))

    def compare_one_by_one(self, payments: Iterable[Payment]) -> None:
        for payment in payments:
            if payment.id not in self.here and payment.provider_id:
                self._look_and_compare(payment.provider_id, payment)

    def compare_open(self) -> None:
        """What differed before and lies outside of the days that were listed."""
        open_ = Mismatch.objects.filter(provider=self.provider.name, resolved_at=None)
        for row in open_.exclude(kind__in=reconciliation.NOT_COMPARED).select_related("payment"):
            if row.provider_id not in self.compared:
                self._look_and_compare(row.provider_id, row.payment)

    def close_agreeing(self) -> None:
        """Only what was compared in this run, and no longer differs in that way."""
        open_ = Mismatch.objects.filter(provider=self.provider.name, resolved_at=None)
        rows = open_.exclude(kind__in=reconciliation.NOT_COMPARED).values_list("id", "provider_id", "kind")
        agreeing = [id_ for id_, name, kind in rows if name in self.compared and kind not in self.compared[name]]
        mismatches.close(ids=agreeing, now=self.now)

    def _look_and_compare(self, name: str, payment: Payment | None) -> None:
        """`name`: the object's id at the provider, or our payment's while we know no other."""
        object_id = payment.provider_id if payment and name == str(payment.id) else name
        if object_id:
            self._note(name, payment, lambda: _differences(payment, self.provider.look_up(object_id)))

    def _missing(self, payment: Payment) -> list[Difference]:
        if payment.provider_id:
            try:
                return _differences(payment, self.provider.look_up(payment.provider_id))
            except NotDone:  # it has just answered the list: this object is not there
                pass
        return reconciliation.not_at_provider(payment.status, payment.amount)

    def _note(self, name: str, payment: Payment | None, compare: Callable[[], list[Difference]]) -> None:
        def compare_and_write(_: str) -> None:
            found = compare()
            for difference in found:
                mismatches.write(
                    provider=self.provider.name,
                    provider_id=name,
                    payment_id=payment.id if payment else None,
                    difference=difference,
                    now=self.now,
                )
            self.compared.setdefault(name, set()).update(difference.kind for difference in found)

        attempt("job.reconcile_with_provider", name, compare_and_write, noted=False)


def _batches(seen: Iterable[Seen]) -> Iterator[list[Seen]]:
    objects = iter(seen)
    while batch := list(islice(objects, BATCH)):
        yield batch


def _name(payment: Payment) -> str:
    return payment.provider_id or str(payment.id)


def _differences(payment: Payment | None, seen: Seen) -> list[Difference]:
    """Look anew before accusing: a lost webhook is healed here, not reported."""
    if isinstance(seen, Unreadable):
        return reconciliation.unreadable(seen)
    if payment is None:
        return reconciliation.not_here(seen)
    if payment.provider_id not in {"", seen.id}:
        return reconciliation.charged_twice(seen, payment.provider_id)
    if not _compare(payment, seen):
        return []
    try:
        seen = look_at(payment.id) or seen
    except Exception as error:  # what was seen first is what staff see
        log.warning("reconciliation_look_failed", payment_id=str(payment.id), error=repr(error))
    busy = ProviderCall.objects.filter(payment_id=payment.id, status=CallStatus.OPEN).exists()
    return [] if busy else _compare(Payment.objects.get(id=payment.id), seen)


def _compare(payment: Payment, seen: SeenPayment) -> list[Difference]:
    return reconciliation.differences(
        seen,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
    )


def _compare_ledger(provider: str, start: datetime, now: datetime) -> None:
    """Our own counters beside the ledger and the refunds: one statement for all of them."""
    open_ = Mismatch.objects.filter(provider=provider, kind=LEDGER, resolved_at=None)
    also = [payment_id for payment_id in open_.values_list("payment_id", flat=True) if payment_id]
    differing = set()
    for payment, ours, theirs in queries.counters_beside_ledger(provider, start, also):
        differing.add(payment.id)
        mismatches.write(
            provider=provider,
            provider_id=_name(payment),
            payment_id=payment.id,
            difference=Difference(LEDGER, ours, theirs),
            now=now,
        )
    mismatches.close(ids=list(open_.exclude(payment_id__in=differing).values_list("id", flat=True)), now=now)
