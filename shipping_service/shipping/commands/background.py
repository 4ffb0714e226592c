"""Run a command at once, beside the work at hand. Losing it costs a few seconds: a job finds what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from chassis.core.context import Trace, current, tracing
from chassis.jobs.sweeps import attempt, deferred

log = structlog.get_logger(__name__)

#: Beyond so many in wait, the job does it: a slow carrier must not fill the memory.
LONGEST_QUEUE = 200

#: The command and the id of the row that it is about.
Key = tuple[str, UUID]

_lock = threading.Lock()
_pool: list[ThreadPoolExecutor] = []
_waiting: dict[Key, Future[None]] = {}


def run_due(job: str, command: Callable[..., Any], due: Callable[[list[str]], list[UUID]], *, now: datetime) -> None:
    """For a job: `command(row_id, now=...)` for what is due. A row that fails is noted, and waits behind the others."""
    for row_id in due(deferred(job, now=now)):
        # On threads of its own: a slow carrier must not keep the worker from its messages.
        if not run_soon(command, row_id, job=job):
            attempt(job, row_id, partial(command, now=now))


def run_soon(command: Callable[..., Any], row_id: UUID, *, job: str = "", **given: Any) -> bool:
    """`command(row_id, **given, now=...)` on one of CARRIER_THREADS threads, never twice at once for one row.

    `job` notes a failure. False when there are no such threads: then it is the caller's, or the job's.
    """
    if not settings.CARRIER_THREADS:
        return False
    key = (command.__name__, row_id)
    with _lock:
        if key in _waiting or len(_waiting) >= LONGEST_QUEUE:
            return True
        if not _pool:
            _pool.append(ThreadPoolExecutor(settings.CARRIER_THREADS, thread_name_prefix="carrier"))
        _waiting[key] = _pool[0].submit(_run, key, command, job, given, current())
    return True


def drain(seconds: float) -> None:
    """Wait until all is done; for tests."""
    with _lock:
        pending = list(_waiting.values())
    wait(pending, timeout=seconds)


def _run(key: Key, command: Callable[..., Any], job: str, given: dict[str, Any], trace: Trace) -> None:
    work = partial(command, **given, now=timezone.now())
    close_old_connections()
    try:
        with tracing(trace):
            attempt(job, key[1], work) if job else work(key[1])
    except Exception:  # the row is still due, so the job takes it up
        log.exception("background_failed", command=key[0])
    finally:
        close_old_connections()
        with _lock:
            _waiting.pop(key, None)
