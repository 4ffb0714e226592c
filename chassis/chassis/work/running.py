"""Workers: do the items of a table right after the commit that stored them, or by a job when that was lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic

import structlog
from django.db import DatabaseError
from django.db.models import Min, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from chassis.jobs import job, limit_due_time
from chassis.jobs.figures import figures
from chassis.jobs.sweeps import attempt
from chassis.transactions import after_commit, database_is_away, transactional
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.leasing import Item
from chassis.work.models import WorkItem
from chassis.work.pool import Pool

log = structlog.get_logger(__name__)

#: The part of a lease that a run may use: the watchdog ends a worker that takes longer, before another takes the item.
TIME_LIMIT = 0.9
#: Seconds; the job of a table may work through many items.
SHORTEST_JOB_LEASE = 60.0

_tables: dict[type[WorkItem], WorkTable[Any]] = {}


class TryLater(Exception):
    """The item cannot be done yet, for the reason given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkTable(ABC, Generic[Item]):
    """A table of work items: its fallback job, and what staff can do with one. A subclass says how items are done."""

    model: type[Item]
    #: The name of the fallback job, run every so many seconds.
    job: str
    every: float
    #: Longer than any run.
    lease: timedelta = timedelta(seconds=60)
    backoff: Backoff = field(default_factory=Backoff)
    #: The furthest that an item is put off, if that is more than the back-off's longest.
    longest: timedelta = timedelta()
    #: After so many attempts a person must look; without, it is tried for ever.
    give_up_after: int | None = None
    #: Whether this installation makes such items; if not, there is no job for them.
    used: bool = True

    def __post_init__(self) -> None:
        _tables[self.model] = self
        limit_due_time(self.unfinished, "due_at", longest=max(self.backoff.longest, self.longest))
        limit_due_time(self.unfinished, "leased_until", longest=self.lease)

        def fallback(now: datetime) -> None:
            self.run_due(now=now)

        fallback.__name__ = self.job
        if self.used:
            job(every=self.every, lease=max(self.lease.total_seconds(), SHORTEST_JOB_LEASE))(fallback)

    @abstractmethod
    def run_soon(self, key: Any) -> bool:
        """Begin what is due for the key on a thread of this process; False when there is none to spare."""

    @abstractmethod
    def run_due(self, *, now: datetime) -> None:
        """Begin what is due."""

    def unfinished(self) -> QuerySet[Item]:
        """Return the items that are not done, those that were given up too."""
        return self.model._default_manager.filter(finished_at=None)

    @transactional
    def try_now(self, key: Any, *, now: datetime) -> bool:
        """Make an unfinished item due, also one that was given up; False when there is none or a run has it."""
        idle = self.unfinished().filter(leasing.unleased(now), pk=key)
        # Not 0: an attempt may have had its effect.
        again = {} if self.give_up_after is None else {"attempts": 1}
        found = idle.update(due_at=now, lease=None, leased_until=None, **again)
        if found:
            run_after_commit(self.model, key)
        return bool(found)

    @transactional
    def give_up(self, key: Any, *, now: datetime, error: str) -> bool:
        """Leave an item that waits for its next try to a person; False when there is none or a run has it."""
        waiting = self.unfinished().filter(leasing.unleased(now), pk=key).exclude(due_at=None)
        return bool(waiting.update(due_at=None, lease=None, leased_until=None, error=error))

    def _submit(self, pool: Pool, key: Any, call: Callable[[], object]) -> bool:
        return pool.submit((self.job, key), call, limit=self.lease.total_seconds() * TIME_LIMIT)


@dataclass(frozen=True, kw_only=True, eq=False)
class Worker(WorkTable[Item]):
    """Does the items of one table, each by itself. Declared by `worker`, with these options."""

    #: `do(item, now)`, called outside any transaction. It settles the item with `leasing`, in the transaction that
    #: writes the effect, or raises: TryLater when that was to be expected.
    do: Callable[[Item, datetime], object]
    pool: Pool
    #: Relations to read with the item.
    related: tuple[str, ...] = ()
    #: The most items that one run of the job begins.
    limit: int = 100

    def run(self, key: Any, *, now: datetime | None = None) -> None:
        """Make one attempt at the item, unless it is not due or another run has it.

        An unexpected error postpones the item and is raised again.
        """
        now = now or timezone.now()
        item = leasing.lease_one(self._rows(), key, now=now, lasting=self.lease)
        if item is not None:
            self._attempt(item, partial(self.do, item, now), now)

    def run_soon(self, key: Any) -> bool:
        """Make one attempt on a thread of this process; False when there is none to spare."""
        return self._submit(self.pool, key, partial(self.run, key))

    def run_due(self, *, now: datetime) -> None:
        """Begin an attempt at what is due, the longest due first."""
        keys = leasing.due(self.unfinished(), now).order_by("due_at").values_list("pk", flat=True)
        self._begin_each(list(keys[: self.limit]), now)

    def _attempt(self, item: Item, call: Callable[[], object], now: datetime) -> None:
        """Make the call, which settles the leased item; put the item off if it fails."""
        try:
            call()
        except TryLater as reason:
            self._put_off(item, str(reason), now)
        except Exception as error:
            if not (isinstance(error, DatabaseError) and database_is_away()):
                self._put_off(item, repr(error), now)
            raise

    def _begin_each(self, keys: Sequence[Any], now: datetime) -> None:
        """Begin an attempt at each, on a thread of the pool if it has any."""
        for key in keys:
            if not self.pool.threads():
                attempt(f"job.{self.job}", key, partial(self.run, now=now))
            elif not self._submit(self.pool, key, partial(attempt, f"job.{self.job}", key, self.run)):
                return

    def _rows(self) -> QuerySet[Item]:
        rows = self.unfinished()
        return rows.select_related(*self.related) if self.related else rows

    def _put_off(self, item: Item, error: str, now: datetime) -> None:
        given_up = self.give_up_after is not None and item.attempts >= self.give_up_after
        if given_up:
            leasing.give_up(item, error=error)
        else:
            leasing.try_later(item, at=now + self.backoff.after(item.attempts), error=error)
        log.warning("work_given_up" if given_up else "work_put_off", job=self.job, key=str(item.pk), error=error)


def worker(model: type[Item], **options: Any) -> Callable[[Callable[[Item, datetime], object]], Worker[Item]]:
    """Declare the function that does an item of the table; see Worker for the options."""
    return lambda do: Worker(model=model, do=do, **options)


def work_table_of(model: type[Item]) -> WorkTable[Item]:
    """Return the work of the table. Raises LookupError."""
    return _tables[model]


def due_now(job: str) -> None:
    """Begin what is due in the table with this fallback job, if this process knows it."""
    for table in _tables.values():
        if table.job == job:
            table.run_due(now=timezone.now())


def run_after_commit(model: type[WorkItem], *keys: Any) -> None:
    """Do these items once the open transaction is committed, if this process knows how."""

    def run() -> None:
        for key in keys if model in _tables else ():
            _tables[model].run_soon(key)

    after_commit(run)


def work_figures() -> Iterator[GaugeMetricFamily]:
    """Yield `souk_work_due_seconds` and `souk_work_given_up`, for each table."""
    due = GaugeMetricFamily("souk_work_due_seconds", "How long the oldest item of work has been due.", labels=["work"])
    given_up = GaugeMetricFamily(
        "souk_work_given_up", "Items that were given up and wait for a person.", labels=["work"]
    )
    now = timezone.now()
    for made in _tables.values():
        oldest = made.unfinished().filter(due_at__lte=now).aggregate(oldest=Min("due_at"))["oldest"]
        due.add_metric([made.model._meta.model_name or ""], (now - oldest).total_seconds() if oldest else 0.0)
        given_up.add_metric([made.model._meta.model_name or ""], made.unfinished().filter(due_at=None).count())
    yield from (due, given_up)


figures(work_figures)
