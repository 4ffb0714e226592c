"""Threads of a process that do work at once. Losing them costs seconds: a job does what is still due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog
from celery import signals
from django.db import close_old_connections

from chassis import metrics
from chassis.core.context import Trace, current, tracing
from chassis.http.shutdown import is_shutting_down
from chassis.watchdog import watchdog

log = structlog.get_logger(__name__)


class Pool:
    """A few threads and a bounded queue. `threads` is asked at each call; 0 switches the pool off."""

    def __init__(self, name: str, threads: Callable[[], int], *, longest_queue: int = 200) -> None:
        self.name, self.threads, self._longest_queue = name, threads, longest_queue
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None
        self._queued: set[Hashable] = set()
        self._pending: set[Future[None]] = set()
        self._stopping = False
        signals.worker_shutting_down.connect(self.stop_soon)
        signals.worker_shutdown.connect(self.stop)  # within the time of `chassis.shutdown`

    def submit(self, key: Hashable, call: Callable[[], object], *, limit: float) -> bool:
        """Call it soon, once for a key that is still queued. False when there is no room, and when the process ends.

        `limit`: seconds after which the watchdog of a worker ends the process.
        """
        with self._lock:
            if self._ends() or not self.threads():
                return False
            if key not in self._queued:
                if len(self._queued) >= self._longest_queue:
                    return False
                self._executor = self._executor or ThreadPoolExecutor(self.threads(), thread_name_prefix=self.name)
                self._queued.add(key)
                future = self._executor.submit(self._run, key, call, limit, current())
                self._pending.add(future)
                future.add_done_callback(self._pending.discard)
        return True

    def drain(self, seconds: float) -> None:
        """Wait until nothing is queued or running, for tests."""
        wait(list(self._pending), timeout=seconds)

    def stop_soon(self, **_: object) -> None:
        """Begin nothing more: queued items stay due. Called in a signal handler, so without the lock."""
        self._stopping = True

    def stop(self, **_: object) -> None:
        """Begin nothing more, and wait for what is running."""
        self.stop_soon()
        with self._lock:  # of what is being submitted at this moment
            executor = self._executor
        if executor:
            executor.shutdown(wait=True, cancel_futures=True)

    def _ends(self) -> bool:
        return self._stopping or is_shutting_down()

    def _run(self, key: Hashable, call: Callable[[], object], limit: float, trace: Trace) -> None:
        with self._lock:
            self._queued.discard(key)
        if self._ends():
            return
        close_old_connections()
        watchdog.begin(f"{self.name}: {key}", limit=limit)
        try:
            with tracing(trace), metrics.cpu_timer("work"):
                call()
        except Exception:  # the item is still due
            log.exception("work_not_settled", pool=self.name, key=str(key))
        finally:
            watchdog.done()
            close_old_connections()
