"""The part of a Celery worker that takes the service's messages from the broker.

Messages have a channel of their own beside Celery's, on which the worker takes its jobs: so many messages may be on
their way while jobs come one by one, and one acknowledgment settles a whole batch.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import structlog
from celery import bootsteps
from celery.utils.log import get_logger
from celery.worker.consumer.tasks import Tasks
from django.conf import settings
from kombu import Consumer, Message
from kombu.common import ignore_errors

from chassis.broker import RECEIVE, SEND_AGAIN, messages_queue_name
from chassis.inbox.batches import Batches, Settlement

log = structlog.get_logger(__name__)
logger = get_logger(__name__)

#: One batch is handled while the next one arrives. More would only come again, one by one, after the worker died.
BATCHES_AT_HAND = 2


class Messages(bootsteps.StartStopStep):
    """Takes messages, has them handled in batches, and settles each batch with the broker."""

    requires = (Tasks,)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        queues = worker.app.amqp.queues
        self._queue = queues[messages_queue_name(settings.SERVICE_NAME)]
        self.enabled = self._queue.name in queues.consume_from
        queues.deselect(self._queue.name)
        self._prefetch = BATCHES_AT_HAND * settings.MESSAGES_PER_BATCH
        self._arriving: list[Message] = []
        self._reading = False
        self._settlements: deque[Settlement] = deque()
        self._consumer: Consumer | None = None

    def start(self, worker: Any) -> None:
        """Consume; after a lost connection on a new channel."""
        if self._consumer is None:
            self._batches = Batches(settings.MESSAGES_PER_BATCH, lambda done: self._on_settled(worker, done))
        self._worker = worker
        self._consumer = Consumer(
            worker.connection.channel(),
            [self._queue],
            on_message=self._on_message,
            prefetch_count=self._prefetch,
            accept=worker.app.conf.accept_content,
        )
        self._consumer.consume()

    def stop(self, worker: Any) -> None:
        """Take no more; at the end of the worker, handle what has arrived. The shutdown has a time limit."""
        if self._consumer is None:
            return
        ignore_errors(worker, self._consumer.cancel)
        if worker.blueprint.state == bootsteps.CLOSE:
            while not self._batches.wait_until_done(0.1):
                self._settle()
            self._settle()

    def shutdown(self, worker: Any) -> None:
        if self._consumer is not None:
            ignore_errors(worker, self._consumer.channel.close)

    def _on_message(self, message: Message) -> None:
        """Collect the message and all that have arrived with it: a batch should hold what is there."""
        self._arriving.append(message)
        if self._reading:
            return
        self._reading = True
        try:
            self._read_on()
        finally:
            self._reading = False
            arrived, self._arriving = self._arriving, []
            self._batches.add([message for message in arrived if self._is_ours(message)])

    def _read_on(self) -> None:
        """Read what the broker has sent already, without waiting. The Redis transport reads many at once itself."""
        connection = self._worker.connection
        if connection.transport.driver_type != "amqp":
            return
        try:
            while len(self._arriving) < self._prefetch:
                connection.drain_events(timeout=0)
        except (TimeoutError, BlockingIOError):
            return

    def _is_ours(self, message: Message) -> bool:
        if message.headers.get("task") in {RECEIVE, SEND_AGAIN}:
            return True
        log.error("message_refused", headers=message.headers)
        self._settlements.append(Settlement(refused=[message]))
        self._worker.call_soon(self._settle)
        return False

    def _on_settled(self, worker: Any, settlement: Settlement) -> None:
        """Leave the settlement to the thread of the connection. Runs in the thread of the batches."""
        self._settlements.append(settlement)
        worker.call_soon(self._settle)

    def _settle(self) -> None:
        """Tell the broker what has become of the batches; the ones of a lost connection come again anyway."""
        while self._settlements:
            settlement = self._settlements.popleft()
            errors = self._worker.connection_errors
            for message in filter(self._is_current, settlement.refused):
                message.reject_log_error(logger, errors)
            for message in filter(self._is_current, settlement.returned):
                message.reject_log_error(logger, errors, requeue=True)
            handled = list(filter(self._is_current, settlement.handled))
            if handled:
                # The channel delivers nothing else, and batches are settled in order: all up to the last are done.
                handled[-1].ack_log_error(logger, errors, multiple=True)

    def _is_current(self, message: Message) -> bool:
        return self._consumer is not None and message.channel is self._consumer.channel
