from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Declare this service's queues and bindings. Before a first start: a message finds only queues that exist."

    def handle(self, *_: Any, **__: Any) -> None:
        from chassis.celery import new_sink

        sink = new_sink(import_string(settings.CELERY_APP))
        sink.check()
        sink.close()
        self.stdout.write(f"{settings.SERVICE_NAME}: queues declared")
