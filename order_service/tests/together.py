"""Concurrent work on threads that start at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db import close_old_connections, connection

from chassis.core.errors import DomainError


def at_once(work: Sequence[Callable[[], Any]]) -> Counter[str]:
    """Return the number of threads by result: `done`, or the name of the error."""
    start, ended = threading.Barrier(len(work)), Counter[str]()

    def run(job: Callable[[], Any]) -> None:
        start.wait()
        try:
            job()
            ended["done"] += 1
        except DomainError as refusal:
            ended[type(refusal).__name__] += 1
        finally:
            connection.close()
            close_old_connections()

    threads = [threading.Thread(target=run, args=[job]) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
