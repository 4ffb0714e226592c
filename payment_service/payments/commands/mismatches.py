"""What differs between our books and the provider's, kept for staff until it is seen to agree or dealt with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from chassis.core.errors import DomainError
from payments.domain.reconciliation import DISPUTE, Difference
from payments.models import Mismatch
from payments.providers.port import Dispute

log = structlog.get_logger(__name__)


class NoteMissing(DomainError):
    """Say in the note how it was settled."""

    code = "note_missing"


def write(*, provider: str, provider_id: str, payment_id: UUID | None, difference: Difference, now: datetime) -> None:
    """Note the difference. What a person has dealt with stays closed while the figures are the same."""
    of_this = Mismatch.objects.filter(provider=provider, provider_id=provider_id, kind=difference.kind)
    values = {"ours": difference.ours, "theirs": difference.theirs}
    row = of_this.first()
    if row is None:
        new = Mismatch(
            provider=provider,
            provider_id=provider_id,
            kind=difference.kind,
            payment_id=payment_id,
            found_at=now,
            seen_at=now,
            **values,
        )
        Mismatch.objects.bulk_create([new], ignore_conflicts=True)  # another may be noting the same
        row = of_this.get()
    dealt_with = bool(row.resolved_by) and (row.ours, row.theirs) == (difference.ours, difference.theirs)
    reopened = {} if dealt_with else {"resolved_at": None, "resolved_by": "", "note": ""}
    Mismatch.objects.filter(id=row.id).update(**values, seen_at=now, payment_id=payment_id, **reopened)


def note_dispute(*, provider: str, dispute: Dispute, payment_id: UUID | None, now: datetime) -> None:
    """A dispute is for people: it stays open until somebody has dealt with it, and opens again with its news."""
    log.error("payment_disputed", provider=provider, dispute=dispute.id, payment_id=str(payment_id or ""))
    difference = Difference(DISPUTE, "", dispute.text[:200])
    write(provider=provider, provider_id=dispute.id, payment_id=payment_id, difference=difference, now=now)


def resolve_mismatch(*, mismatch_id: UUID, by: str, note: str, now: datetime) -> None:
    """A staff member has dealt with it, as the note says. It opens again when its figures change.

    Raises NoteMissing.
    """
    if not note.strip():
        raise NoteMissing
    Mismatch.objects.filter(id=mismatch_id, resolved_at=None).update(resolved_at=now, resolved_by=by, note=note.strip())


def close(*, ids: list[UUID], now: datetime) -> None:
    """The books were seen to agree again."""
    Mismatch.objects.filter(id__in=ids, resolved_at=None).update(resolved_at=now, resolved_by="")
