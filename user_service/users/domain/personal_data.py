"""Erasures and exports: retry intervals, retention periods and limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chassis.core.errors import DomainError, Kind

#: Between the first two requests; each pause is twice as long as the one before.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)
#: After these, an erasure needs the attention of staff: no answer from a service; answered, but still waiting.
UNANSWERED, UNFINISHED = timedelta(hours=1), timedelta(days=30)
EXPORT_KEPT = timedelta(days=7)
#: How long receipts are kept as proof of the erasure.
RECEIPTS_KEPT = timedelta(days=3 * 365)
MAX_EXPORTS_PER_DAY = 3


class TooManyExports(DomainError):
    """Today's exports are used up; download the last one, or come back tomorrow."""

    code, kind = "too_many_exports", Kind.TOO_MANY


class ExportNotReady(DomainError):
    """The data are still being gathered."""

    code, kind = "export_not_ready", Kind.CONFLICT


class ExportExpired(DomainError):
    """This export can no longer be opened; ask for a new one."""

    code, kind = "export_expired", Kind.CONFLICT


def pause_after(asks: int) -> timedelta:
    """Return how long to wait for an answer to request number `asks`."""
    return min(SHORTEST_PAUSE * (1 << min(max(asks - 1, 0), 20)), LONGEST_PAUSE)


def missing(wanted: Iterable[str], answered: Iterable[str]) -> list[str]:
    """Return the services that have not answered."""
    return sorted(set(wanted) - set(answered))


def is_late(*, requested_at: datetime, unanswered: bool, now: datetime) -> bool:
    """Return whether an unfinished erasure needs the attention of staff."""
    return now - requested_at > (UNANSWERED if unanswered else UNFINISHED)
