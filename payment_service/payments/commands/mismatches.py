"""Mismatches between our books and the provider's, open until the books agree again or a person resolves them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.errors import DomainError
from payments.domain.reconciliation import Finding
from payments.models import Mismatch


class NoteMissing(DomainError):
    """Say in the note how it was settled."""

    code = "note_missing"


def record_difference(finding: Finding, *, now: datetime) -> None:
    """Store the difference; one that a person has resolved stays closed while the figures are the same."""
    difference = finding.difference
    about = {"provider": finding.provider, "provider_id": finding.provider_id, "kind": difference.kind}
    of_this = Mismatch.objects.filter(**about)
    values = {"ours": difference.ours, "theirs": difference.theirs}
    row = of_this.first()
    if row is None:
        new = Mismatch(**about, **values, payment_id=finding.payment_id, found_at=now, seen_at=now)
        Mismatch.objects.bulk_create([new], ignore_conflicts=True)  # another process may store the same one
        row = of_this.get()
    resolved = bool(row.resolved_by) and (row.ours, row.theirs) == (difference.ours, difference.theirs)
    reopened = {} if resolved else {"resolved_at": None, "resolved_by": "", "note": ""}
    Mismatch.objects.filter(id=row.id).update(**values, seen_at=now, payment_id=finding.payment_id, **reopened)


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
