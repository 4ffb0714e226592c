"""Mismatches between our books and the provider's, open until the books agree again or a person resolves them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from chassis.core.errors import DomainError
from payments.domain.reconciliation import DISPUTE, Difference
from payments.domain.webhooks import Dispute
from payments.models import Mismatch

log = structlog.get_logger(__name__)


class NoteMissing(DomainError):
    """Say in the note how it was settled."""

    code = "note_missing"


def record_difference(
    *, provider: str, provider_id: str, payment_id: UUID | None, difference: Difference, now: datetime
) -> None:
    """Store the difference; one that a person has resolved stays closed while the figures are the same."""
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
        Mismatch.objects.bulk_create([new], ignore_conflicts=True)  # another process may store the same one
        row = of_this.get()
    resolved = bool(row.resolved_by) and (row.ours, row.theirs) == (difference.ours, difference.theirs)
    reopened = {} if resolved else {"resolved_at": None, "resolved_by": "", "note": ""}
    Mismatch.objects.filter(id=row.id).update(**values, seen_at=now, payment_id=payment_id, **reopened)


def record_dispute(*, provider: str, dispute: Dispute, payment_id: UUID | None, now: datetime) -> None:
    """Store the dispute; it stays open until a person resolves it, and opens again when it changes."""
    difference = Difference(DISPUTE, "", dispute.text[:200])
    known = Mismatch.objects.filter(provider=provider, provider_id=dispute.id, kind=DISPUTE, theirs=difference.theirs)
    if not known.exists():
        log.error("payment_disputed", provider=provider, dispute=dispute.id, payment_id=str(payment_id or ""))
    record_difference(provider=provider, provider_id=dispute.id, payment_id=payment_id, difference=difference, now=now)


def resolve_mismatch(*, mismatch_id: UUID, by: str, note: str, now: datetime) -> None:
    """Close the mismatch as resolved by a staff member, with a note; it opens again when its figures change.

    Raises NoteMissing.
    """
    if not note.strip():
        raise NoteMissing
    Mismatch.objects.filter(id=mismatch_id, resolved_at=None).update(resolved_at=now, resolved_by=by, note=note.strip())


def close_mismatches(*, ids: list[UUID], now: datetime) -> None:
    """Close mismatches whose books agree again."""
    Mismatch.objects.filter(id__in=ids, resolved_at=None).update(resolved_at=now, resolved_by="")
