"""Run a command at once, beside the work at hand. Losing it costs a few seconds: a job finds what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from chassis.context import Trace, current, tracing

log = structlog.get_logger(__name__)

#: Beyond so many in wait, the job does it: a slow carrier must not fill the memory.
LONGEST_QUEUE = 200

_lock = threading.Lock()
_pool: list[ThreadPoolExecutor] = []
_waiting: set[Future[None]] = set()


def run_soon(command: Callable[..., Any], **given: Any) -> None:
    """`command(**given, now=...)` on one of CARRIER_THREADS threads; with none of them, leave it to the job."""
    if not settings.CARRIER_THREADS:
        return
    with _lock:
        if len(_waiting) >= LONGEST_QUEUE:
            return
        if not _pool:
            _pool.append(ThreadPoolExecutor(settings.CARRIER_THREADS, thread_name_prefix="carrier"))
        future = _pool[0].submit(_run, command, given, current())
        _waiting.add(future)
    future.add_done_callback(_forget)


def drain(seconds: float) -> None:
    """Wait until all is done; for tests and shutdown."""
    with _lock:
        pending = set(_waiting)
    wait(pending, timeout=seconds)


def _run(command: Callable[..., Any], given: dict[str, Any], trace: Trace) -> None:
    close_old_connections()
    try:
        with tracing(trace):
            command(**given, now=timezone.now())
    except Exception:  # the row is still due, so the job takes it up
        log.exception("background_failed", command=command.__name__)
    finally:
        close_old_connections()


def _forget(future: Future[None]) -> None:
    with _lock:
        _waiting.discard(future)
