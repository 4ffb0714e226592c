"""Do it right after the commit, on a thread of this process.

Only a short cut: what is lost here (a killed process, a full queue) is picked up by the beat jobs, by
the same functions and under the same leases.
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

from chassis.jobs.sweeping import attempt, waiting
from chassis.transactions import after_commit

log = structlog.get_logger(__name__)

Work = Callable[[UUID], object]

_waiting: set[tuple[str, UUID]] = set()
_lock = threading.Lock()


def after_this_commit(work: Work, ids: Iterable[UUID]) -> None:
    """`work(id)` for each, when the open transaction has been committed."""
    wanted = list(ids)
    if wanted and settings.PAYMENT_CALLS_AT_ONCE:
        after_commit(lambda: begin(work, wanted))


def sweep_soon(job: str, *, due: Callable[[list[str]], list[UUID]], work: Work, now: datetime) -> int:
    """For a job: begin `work(id)` for what is due; how many. An id that fails is noted, and waits behind the others."""
    ids = due(waiting(job, now=now))
    begin(lambda id_: attempt(job, id_, work), ids, name=work.__name__)
    return len(ids)


def begin(work: Work, ids: Iterable[UUID], *, name: str = "") -> None:
    """`work(id)` for each, soon, unless that is waiting here already."""
    for id_ in ids:
        token = (name or work.__name__, id_)
        with _lock:
            if token in _waiting:
                continue
            _waiting.add(token)
        _pool().submit(_run, work, id_, token)


def _run(work: Work, id_: UUID, token: tuple[str, UUID]) -> None:
    with _lock:
        _waiting.discard(token)
    try:
        work(id_)
    except Exception:  # the beat job comes back to it
        log.exception("prompt_work_failed", work=token[0], id=str(id_))
    finally:
        close_old_connections()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.PAYMENT_CALL_THREADS, thread_name_prefix="provider")
