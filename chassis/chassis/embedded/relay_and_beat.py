"""Relay and beat as threads of the worker, to save two processes per service."""

from __future__ import annotations

import threading

from celery import Celery, signals
from celery.beat import EmbeddedService

from chassis import shutdown
from chassis.celery import new_relay
from chassis.outbox import hints


def install(app: Celery) -> None:
    """Start relay and beat with the worker of `app`, and end them with it."""
    stop = threading.Event()
    beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
    relay = threading.Thread(target=lambda: new_relay(app).forever(stop), name="relay", daemon=True)

    @signals.worker_ready.connect(weak=False)
    def start(**_: object) -> None:
        threading.Thread(target=hints.listen, args=[stop], name="hints", daemon=True).start()
        relay.start()
        beat.start()

    @signals.worker_shutdown.connect(weak=False)
    def end(**_: object) -> None:
        """Wait for the relay to give back what it has not sent."""
        stop.set()
        if relay.is_alive():
            relay.join(shutdown.GRACE_SECONDS)
