"""Celery's beat, made robust against clock changes and errors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from celery import beat

from chassis import heartbeat

log = structlog.get_logger(__name__)

#: Seconds until the next try after an error.
_PAUSE = 1.0


class Scheduler(beat.Scheduler):
    """Keeps its times in memory: the jobs' rows decide what is due."""

    _ticked_at: datetime | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and return the seconds until the next tick."""
        heartbeat.beat("beat")
        try:
            self._check_clock()
            return float(super().tick(*args, **kwargs))
        except Exception:  # as a thread of the worker it would end silently
            log.exception("beat_failed")
            self._heap = None  # the failed entry was removed from it
            return _PAUSE

    def _check_clock(self) -> None:
        """Restart all intervals after the clock was set back, which leaves last runs in the future."""
        now = self.app.now()
        if self._ticked_at is not None and now < self._ticked_at:
            for entry in self.schedule.values():
                entry.last_run_at = now
            self._heap = None
        self._ticked_at = now
