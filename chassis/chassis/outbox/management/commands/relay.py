from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Send recorded messages to the broker until SIGTERM. Any number may run."

    def handle(self, *_: Any, **__: Any) -> None:
        from chassis import metrics, shutdown
        from chassis.celery import new_relay
        from chassis.outbox import hints
        from chassis.watchdog import watchdog

        stop = threading.Event()

        def end(*_: object) -> None:
            stop.set()
            shutdown.exit_within_grace_period()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        threading.Thread(target=hints.listen, args=[stop], name="wakeup", daemon=True).start()
        relay = new_relay(import_string(settings.CELERY_APP))
        metrics.listen()
        self.stdout.write("relay started")
        watchdog.start(stop)
        relay.forever(stop)
