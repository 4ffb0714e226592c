"""The batches of the inbox: what has arrived is handled together, in one transaction, by one thread.

A batch never waits for more messages. While one is handled, the next one gathers; so a message alone is handled at
once, and under load a transaction is shared by many. The consumer acknowledges a batch after its commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog
from celery import signals
from django.db import DatabaseError, close_old_connections
from kombu import Message

from chassis import metrics
from chassis.broker import RECEIVE, SEND_AGAIN
from chassis.inbox import receiver
from chassis.outbox import relay
from chassis.outbox.models import OutboxMessage
from chassis.transactions import database_is_away
from chassis.watchdog import LIMIT, watchdog

log = structlog.get_logger(__name__)

#: Seconds before the second try while the database is unavailable, and the longest pause between two tries.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0

_stopping = threading.Event()


class Returned(Exception):
    """The deliveries cannot be handled here and now, and go back to the broker."""


@dataclass(slots=True)
class Settlement:
    """What the broker is told about a batch, in the order of its delivery."""

    #: Their outcome is stored.
    handled: list[Message] = field(default_factory=list)
    #: Not ours, or broken: for the broker's own dead-letter queue.
    refused: list[Message] = field(default_factory=list)
    returned: list[Message] = field(default_factory=list)


class Batches:
    """Collects deliveries and handles them in a thread of its own, so that jobs and messages never wait for each other.

    `settle` is called in that thread after each batch.
    """

    def __init__(self, size: int, settle: Callable[[Settlement], None]) -> None:
        self._size = size
        self._settle = settle
        self._waiting: deque[Message] = deque()
        self._in_hand = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._forever, name="inbox", daemon=True).start()

    def add(self, deliveries: Sequence[Message]) -> None:
        with self._changed:
            self._waiting.extend(deliveries)
            self._changed.notify_all()

    def wait_until_done(self, seconds: float) -> bool:
        """Return whether everything that was added is settled, after at most `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._in_hand, seconds)

    def _forever(self) -> None:
        while True:
            batch = self._next()
            with metrics.cpu_timer("inbox"):
                self._settle(_settled(batch))
            with self._changed:
                self._in_hand = 0
                self._changed.notify_all()

    def _next(self) -> list[Message]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            self._in_hand = min(len(self._waiting), self._size)
            return [self._waiting.popleft() for _ in range(self._in_hand)]


def _settled(batch: Sequence[Message]) -> Settlement:
    metrics.BATCH_SIZE.observe(len(batch))
    close_old_connections()
    watchdog.begin(RECEIVE, limit=LIMIT)
    try:
        return _handled(batch)
    finally:
        watchdog.done()
        close_old_connections()


def _handled(batch: Sequence[Message]) -> Settlement:
    """Handle a batch together, or each delivery alone when that fails for a reason that the inbox cannot store."""
    try:
        _when_database_available(partial(_handle, batch))
    except Returned:
        return Settlement(returned=list(batch))
    except Exception:
        if len(batch) > 1:
            log.warning("batch_divided", messages=len(batch), exc_info=True)
        return _handled_alone(batch)
    return Settlement(handled=list(batch))


def _handled_alone(batch: Sequence[Message]) -> Settlement:
    settlement = Settlement()
    for delivery in batch:
        watchdog.alive()
        try:
            _when_database_available(partial(_handle, [delivery]))
        except (Returned, DatabaseError) as error:
            # Not even its failure can be stored. RabbitMQ counts its deliveries and keeps it as a dead letter.
            log.warning("message_returned", error=str(error))
            settlement.returned.append(delivery)
            _stopping.wait(FIRST_PAUSE)
        except Exception:
            log.exception("message_refused")
            settlement.refused.append(delivery)
        else:
            settlement.handled.append(delivery)
    return settlement


def _handle(batch: Sequence[Message]) -> None:
    """Handle the deliveries. One that is redelivered, because its worker died, is set aside for a try of its own."""
    fresh: list[str] = []
    for delivery in batch:
        arguments, keywords, _ = delivery.payload
        if delivery.headers["task"] == SEND_AGAIN:
            send_again(**keywords)
        elif delivery.delivery_info.get("redelivered"):
            receiver.set_aside(arguments[0])
        else:
            fresh.append(arguments[0])
    if fresh:
        receiver.receive_all(fresh)


def send_again(types: list[str], since: str) -> None:
    """Resend messages for a service whose queue was lost. Other consumers ignore the duplicates."""
    relay.send_again(OutboxMessage.objects.filter(type__in=types, sent_at__gte=datetime.fromisoformat(since)))


def _when_database_available(work: Callable[[], None]) -> None:
    """Keep the messages while the database is unavailable. Raises Returned on shutdown."""
    pause = FIRST_PAUSE
    while True:
        try:
            work()
            return
        except DatabaseError as error:
            if not database_is_away():
                raise
            log.warning("database_unavailable", error=str(error), seconds=pause)
            close_old_connections()
            watchdog.alive()
            if _stopping.wait(pause):
                raise Returned(str(error)) from error
            pause = min(pause * 2, LONGEST_PAUSE)


@signals.worker_shutting_down.connect(weak=False)
def _stop(**_: object) -> None:
    _stopping.set()
