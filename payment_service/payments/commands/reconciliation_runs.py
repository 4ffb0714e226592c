"""Commands about the runs of reconciliation: request, begin, finish and delete them. `work.reconciliation` compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis.core.errors import DomainError
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from payments.domain.reconciliation import Finding
from payments.models import ReconciliationFinding, ReconciliationRun


class PeriodNotPast(DomainError):
    """The period must end after it begins, and not in the future."""

    code = "period_not_past"


def check_period(start: datetime, end: datetime, *, now: datetime) -> None:
    """Check that the period has passed. Raises PeriodNotPast."""
    if not start < end <= now:
        raise PeriodNotPast


def request_reconciliation(*, start: datetime, end: datetime, by: str = "", now: datetime) -> UUID:
    """Request the comparison of a period and return the run's id. Raises PeriodNotPast."""
    check_period(start, end, now=now)
    run = ReconciliationRun.objects.create(period_start=start, period_end=end, requested_by=by, requested_at=now)
    return run.id


@transactional
def finish_run(
    *,
    run_id: UUID,
    compared: int,
    failed: int,
    findings: Sequence[Finding],
    totals: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Store the report of a run. A run that was begun twice has the report of the one that has finished first."""
    mine = ReconciliationRun.objects.filter(id=run_id, finished_at=None)
    if mine.update(finished_at=now, compared=compared, failed=failed, found=len(findings), totals=totals):
        rows = [
            ReconciliationFinding(
                run_id=run_id,
                provider=found.provider,
                provider_id=found.provider_id,
                payment_id=found.payment_id,
                kind=found.difference.kind,
                ours=found.difference.ours,
                theirs=found.difference.theirs,
            )
            for found in findings
        ]
        ReconciliationFinding.objects.bulk_create(rows, batch_size=500)


def forget_runs(*, now: datetime) -> int:
    """Delete the reports of runs that were finished long ago and return their number."""
    long_ago = now - timedelta(days=settings.RECONCILIATION_RUNS_KEPT_DAYS)
    return forget(ReconciliationRun.objects.filter(finished_at__lt=long_ago))
