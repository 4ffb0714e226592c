"""Run durable work right after the commit, on a thread of this process.

Commands name the work by its table; `payments.work` registers what runs it. This is only a shortcut: what is
lost here (a killed process, a full queue) is picked up by the jobs, with the same functions and leases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.db.models import Model

from chassis.jobs.sweeps import attempt, deferred
from chassis.transactions import after_commit

log = structlog.get_logger(__name__)

Work = Callable[[UUID], object]

_work: dict[type[Model], Work] = {}
_queued: set[tuple[str, UUID]] = set()
_lock = threading.Lock()


def register(table: type[Model], work: Work) -> None:
    """Run `work(id)` for rows of this table."""
    _work[table] = work


def run_after_commit(table: type[Model], ids: Iterable[UUID]) -> None:
    """Run the table's work for each id when the open transaction has been committed."""
    wanted = list(ids)
    if wanted and settings.PAYMENT_CALLS_AT_ONCE:
        after_commit(lambda: submit(_work[table], wanted))


def sweep(job: str, *, due: Callable[[list[str]], list[UUID]], work: Work, now: datetime) -> int:
    """For a job: submit what is due and return the number. An id that fails is noted and waits behind the others."""
    ids = due(deferred(job, now=now))
    submit(lambda id_: attempt(job, id_, work), ids, name=work.__name__)
    return len(ids)


def submit(work: Work, ids: Iterable[UUID], *, name: str = "") -> None:
    """Run `work(id)` for each id on the thread pool, unless it is queued already."""
    for id_ in ids:
        token = (name or work.__name__, id_)
        with _lock:
            if token in _queued:
                continue
            _queued.add(token)
        _pool().submit(_run, work, id_, token)


def _run(work: Work, id_: UUID, token: tuple[str, UUID]) -> None:
    with _lock:
        _queued.discard(token)
    try:
        work(id_)
    except Exception:  # the job runs it again
        log.exception("background_work_failed", work=token[0], id=str(id_))
    finally:
        close_old_connections()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.PAYMENT_CALL_THREADS, thread_name_prefix="provider")
