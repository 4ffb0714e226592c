"""Batches: new items of a table share a lease and a transaction; when that fails, each is done by itself.

They are done by workers. Other processes, such as the one that stores a webhook, tell the workers after the commit.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog
from celery import signals
from django.db import DatabaseError
from django.utils import timezone

from chassis.hints import Channel
from chassis.jobs.sweeps import attempt
from chassis.transactions import database_is_away
from chassis.work import leasing
from chassis.work.leasing import Item
from chassis.work.running import Worker, due_now

log = structlog.get_logger(__name__)

#: Seconds for more items to arrive: webhooks are in no hurry, and a batch of ten costs little more than one.
GATHER = 0.05
#: Seconds after the lease in which calls begin. One that begins then still ends within the lease.
BEGIN_WITHIN = 3.0
#: Seconds that an answer waits at most for a further call to begin before it is settled.
SETTLE_WITHIN = 0.2

_channel = Channel("work", gather=GATHER)
_in_worker, _stopped = threading.Event(), threading.Event()


@dataclass(frozen=True, kw_only=True, eq=False)
class Batches(Worker[Item]):
    """Does the new items of a table in batches, and by itself each that was tried before."""

    def run_soon(self, key: Any) -> bool:
        """Begin a batch on a thread of this process, or have a worker begin one."""
        if _in_worker.is_set():
            return self._submit(self.pool, "batch", self._run_next)
        _channel.send(self.job)
        return True

    def run_due(self, *, now: datetime) -> None:
        """Begin a batch of what is due."""
        if self.pool.threads():
            self._submit(self.pool, "batch", self._run_next)
        else:
            self._run_batch(now)

    @abstractmethod
    def _do_new(self, items: Sequence[Item], now: datetime) -> Sequence[Item]:
        """Do items that were never tried; return those that had no effect and are to be done by themselves."""

    def _run_next(self) -> None:
        if self._run_batch(timezone.now()) == self.limit:  # there may be more
            self.run_due(now=timezone.now())

    def _run_batch(self, now: datetime) -> int:
        """Do up to `limit` items and return their number.

        An item that was tried before may be what ended that attempt's process, so it puts no other at risk.
        """
        items = leasing.lease_batch(self._rows(), now=now, lasting=self.lease, limit=self.limit)
        new = [item for item in items if item.attempts == 1]
        others = [*(self._do_new(new, now) if new else ()), *(item for item in items if item.attempts > 1)]
        if others:
            leasing.give_back(others)
            self._begin_each([item.pk for item in others], now)
        return len(items)


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchWorker(Batches[Item]):
    """Does new items in one transaction. Declared by `batch_worker`."""

    #: `together(items, now)`, one transaction that settles items and returns those to be done by themselves. When it
    #: raises, that is all of them; so it has no effect but in the database.
    together: Callable[[Sequence[Item], datetime], Sequence[Item]]

    def _do_new(self, items: Sequence[Item], now: datetime) -> Sequence[Item]:
        try:
            return self.together(items, now)
        except Exception as error:
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.info("batch_divided", job=self.job, items=len(items), error=repr(error))
            return items


@dataclass(frozen=True, kw_only=True, eq=False)
class Caller(Batches[Item]):
    """Makes calls one after the other, outside any transaction, and settles several of them in one. See `caller`."""

    #: `call(item, now)` returns the answer. It raises as `do` does.
    call: Callable[[Item, datetime], Any]
    #: `settle(answered, now)`, one transaction for pairs of an item and its answer.
    settle: Callable[[Sequence[tuple[Item, Any]], datetime], object]

    def _do_new(self, items: Sequence[Item], now: datetime) -> Sequence[Item]:
        began, answered = monotonic(), list[tuple[Item, Any]]()
        waits_since = began
        for index, item in enumerate(items):
            if monotonic() - began > BEGIN_WITHIN:
                self._settle_all(answered, now)
                return items[index:]
            if not answered:
                waits_since = monotonic()
            attempt(f"job.{self.job}", item.pk, partial(self._call_one, item, answered, now), noted=False)
            if monotonic() - waits_since > SETTLE_WITHIN:
                self._settle_all(answered, now)
                answered.clear()
        self._settle_all(answered, now)
        return ()

    def _call_one(self, item: Item, answered: list[tuple[Item, Any]], now: datetime, key: Any) -> None:
        self._attempt(item, lambda: answered.append((item, self.call(item, now))), now)

    def _settle_all(self, answered: Sequence[tuple[Item, Any]], now: datetime) -> None:
        """Settle the answers in one transaction, or one by one when that fails."""
        if not answered:
            return
        try:
            self.settle(answered, now)
        except Exception as error:
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.info("batch_divided", job=self.job, items=len(answered), error=repr(error))
            for item, answer in answered:
                attempt(f"job.{self.job}", item.pk, partial(self._settle_one, item, answer, now), noted=False)

    def _settle_one(self, item: Item, answer: Any, now: datetime, key: Any) -> None:
        self._attempt(item, lambda: self.settle([(item, answer)], now), now)


def batch_worker(
    model: type[Item], *, together: Callable[[Sequence[Item], datetime], Sequence[Item]], **options: Any
) -> Callable[[Callable[[Item, datetime], object]], BatchWorker[Item]]:
    """Declare the function that does an item of the table by itself, and `together`; see Worker for the options."""
    return lambda do: BatchWorker(model=model, do=do, together=together, **options)


def caller(
    model: type[Item], *, settle: Callable[[Sequence[tuple[Item, Any]], datetime], object], **options: Any
) -> Callable[[Callable[[Item, datetime], Any]], Caller[Item]]:
    """Declare the function that makes the call of an item of the table; see Caller and Worker for the options."""

    def declare(call: Callable[[Item, datetime], Any]) -> Caller[Item]:
        def do(item: Item, now: datetime) -> None:
            settle([(item, call(item, now))], now)

        return Caller(model=model, do=do, call=call, settle=settle, **options)

    return declare


def begin_here() -> None:
    """Do batches in this process from now on."""
    _in_worker.set()


@signals.worker_ready.connect(weak=False)
def _start(**_: object) -> None:
    begin_here()
    listen = partial(_channel.listen, _stopped, due_now)
    threading.Thread(target=listen, name="work-hints", daemon=True).start()


@signals.worker_shutting_down.connect(weak=False)
def _stop(**_: object) -> None:
    _stopped.set()
