"""Batches: new items of a table share a lease and a transaction; when that fails, each is done by itself.

They are done by workers. Other processes, such as the one that stores a webhook, tell the workers after the commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from celery import signals
from django.db import DatabaseError
from django.utils import timezone

from chassis.hints import Channel
from chassis.transactions import database_is_away
from chassis.work import leasing
from chassis.work.leasing import Item
from chassis.work.running import Worker, due_now

log = structlog.get_logger(__name__)

#: Seconds for more items to arrive: webhooks are in no hurry, and a batch of ten costs little more than one.
GATHER = 0.05

_channel = Channel("work", gather=GATHER)
_in_worker, _stopped = threading.Event(), threading.Event()


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchWorker(Worker[Item]):
    """Does the new items of a table together, and by itself each that was tried before. Declared by `batch_worker`."""

    #: `together(items, now)`, one transaction that settles items and returns those to be done by themselves. When it
    #: raises, that is all of them; so it has no effect but in the database.
    together: Callable[[Sequence[Item], datetime], Sequence[Item]]

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

    def _run_next(self) -> None:
        if self._run_batch(timezone.now()) == self.limit:  # there may be more
            self.run_due(now=timezone.now())

    def _run_batch(self, now: datetime) -> int:
        """Do up to `limit` items and return their number.

        An item that was tried before may be what ended that attempt's process, so it puts no other at risk.
        """
        items = leasing.lease_batch(self._rows(), now=now, lasting=self.lease, limit=self.limit)
        new = [item for item in items if item.attempts == 1]
        others = [*self._left(new, now), *(item for item in items if item.attempts > 1)]
        if others:
            leasing.give_back(others)
            self._begin_each([item.pk for item in others], now)
        return len(items)

    def _left(self, items: Sequence[Item], now: datetime) -> Sequence[Item]:
        """Do the items together and return those that are to be done by themselves."""
        if not items:
            return []
        try:
            return self.together(items, now)
        except Exception as error:
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.info("batch_divided", job=self.job, items=len(items), error=repr(error))
            return items


def batch_worker(
    model: type[Item], *, together: Callable[[Sequence[Item], datetime], Sequence[Item]], **options: Any
) -> Callable[[Callable[[Item, datetime], object]], BatchWorker[Item]]:
    """Declare the function that does an item of the table by itself, and `together`; see Worker for the options."""
    return lambda do: BatchWorker(model=model, do=do, together=together, **options)


@signals.worker_ready.connect(weak=False)
def _start(**_: object) -> None:
    _in_worker.set()
    listen = partial(_channel.listen, _stopped, due_now)
    threading.Thread(target=listen, name="work-hints", daemon=True).start()


@signals.worker_shutting_down.connect(weak=False)
def _stop(**_: object) -> None:
    _stopped.set()
