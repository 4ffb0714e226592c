"""Celery's beat, which neither a wrong clock nor an error stops."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from celery import beat

from chassis import heartbeat

log = structlog.get_logger(__name__)

#: Seconds until the next try after an error.
_PAUSE = 1.0


class Scheduler(beat.Scheduler):  # type: ignore[misc]
    """Keeps its times in memory: the jobs' rows decide what is due."""

    _looked_at: datetime | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until the next look."""
        heartbeat.beat("beat")
        try:
            self._mind_the_clock()
            return float(super().tick(*args, **kwargs))
        except Exception:  # as a thread beside the worker it would end silently
            log.exception("beat_failed")
            self._heap = None  # the entry that failed has been taken out of it
            return _PAUSE

    def _mind_the_clock(self) -> None:
        """A clock that was set back leaves entries that ran in the future: count from now."""
        now = self.app.now()
        if self._looked_at is not None and now < self._looked_at:
            for entry in self.schedule.values():
                entry.last_run_at = now
            self._heap = None
        self._looked_at = now
