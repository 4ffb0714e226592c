"""Reconciliation: the provider's books beside ours, object by object. What differs is for staff to see."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from payments import queries
from payments.commands.looking import look_at
from payments.domain import reconciliation
from payments.domain.reconciliation import Difference
from payments.domain.seen import SeenPayment
from payments.models import CallStatus, Mismatch, Payment, ProviderCall
from payments.providers import required_provider

#: Young payments may still be under way.
SETTLING = timedelta(minutes=5)
SPAN = timedelta(days=2)


def reconcile(*, now: datetime, span: timedelta = SPAN, settling: timedelta = SETTLING) -> int:
    """Compare all payments of the last days; how many differences are open. Calls the provider."""
    provider = required_provider(settings.PAYMENT_PROVIDER)
    start, end = now - span, now - settling
    here: set[UUID] = set()
    found: list[tuple[UUID | None, str, Difference]] = []
    for seen in provider.created(start, end):
        payment = queries.payment_seen(provider.name, seen.id, seen.reference)
        if payment is not None:
            here.add(payment.id)
        found += [(payment.id if payment else None, seen.id, d) for d in _differences(payment, seen)]
    for payment in Payment.objects.filter(provider=provider.name, created_at__gte=start, created_at__lt=end - settling):
        if payment.id not in here:
            lost = reconciliation.not_at_provider(payment.status, payment.amount)
            found += [(payment.id, payment.provider_id or str(payment.id), d) for d in lost]
    for payment_id, provider_id, difference in found:
        _write(provider.name, provider_id, payment_id, difference, now)
    _close_others(provider.name, now)
    return Mismatch.objects.filter(resolved_at=None).count()


def resolve_mismatch(*, mismatch_id: UUID, by: str, now: datetime) -> None:
    """A staff member has dealt with it. It opens again when the next reconciliation still finds it changed."""
    Mismatch.objects.filter(id=mismatch_id, resolved_at=None).update(resolved_at=now, resolved_by=by)


def _differences(payment: Payment | None, seen: SeenPayment) -> list[Difference]:
    """Look anew before accusing: a lost webhook is healed here, not reported."""
    found = _compare(payment, seen)
    if not found or payment is None:
        return found
    fresh = look_at(payment.id) or seen
    busy = ProviderCall.objects.filter(payment_id=payment.id, status=CallStatus.OPEN).exists()
    return [] if busy else _compare(Payment.objects.get(id=payment.id), fresh)


def _compare(payment: Payment | None, seen: SeenPayment) -> list[Difference]:
    if payment is None:
        return reconciliation.not_here(seen)
    return reconciliation.differences(
        seen,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
    )


def _write(provider: str, provider_id: str, payment_id: UUID | None, difference: Difference, now: datetime) -> None:
    row = Mismatch.objects.filter(provider=provider, provider_id=provider_id, kind=difference.kind).first()
    values = {"ours": difference.ours, "theirs": difference.theirs}
    if row is None:
        Mismatch.objects.create(
            provider=provider,
            provider_id=provider_id,
            kind=difference.kind,
            payment_id=payment_id,
            found_at=now,
            seen_at=now,
            **values,
        )
        return
    dealt_with = bool(row.resolved_by) and (row.ours, row.theirs) == (difference.ours, difference.theirs)
    reopened = {} if dealt_with else {"resolved_at": None, "resolved_by": ""}
    Mismatch.objects.filter(id=row.id).update(**values, seen_at=now, payment_id=payment_id, **reopened)


def _close_others(provider: str, now: datetime) -> None:
    """What was not seen again, although it lay in the time that was compared, is in order now."""
    open_ = Mismatch.objects.filter(provider=provider, resolved_at=None, found_at__gte=now - SPAN, seen_at__lt=now)
    open_.update(resolved_at=now, resolved_by="")
