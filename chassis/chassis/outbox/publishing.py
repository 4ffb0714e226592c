"""Publishing of many messages at once: each is a Celery task, and a batch waits for its confirms together."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from celery import Celery
from kombu import Connection, Producer

from chassis.outbox.sinks import MessageRejected

if TYPE_CHECKING:
    from chassis.outbox.models import OutboxMessage

#: Seconds for the broker to confirm a batch. Less than its lease (`relay.LEASE`): another relay would send it, too.
CONFIRM_LIMIT = 8.0

Result = tuple["OutboxMessage", MessageRejected | None]


class Tasks:
    """Outbox messages as tasks of one name. Celery builds the first; the others differ in their id and argument."""

    def __init__(self, app: Celery, name: str, exchange: str) -> None:
        self._exchange = exchange
        task = app.amqp.create_task_message("", name, args=("",), argsrepr="", kwargsrepr="{}", ignore_result=True)
        self._headers, self._properties = task.headers, task.properties
        self._after_arguments = task.body[1:]

    def of(self, message: OutboxMessage) -> dict[str, Any]:
        """Return the arguments of `Producer.publish`."""
        id_ = str(message.id)
        return {
            "body": msgspec.json.encode([[message.envelope], *self._after_arguments]),
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "headers": {**self._headers, "id": id_, "root_id": id_, "argsrepr": message.type},
            **self._properties,
            "correlation_id": id_,
            "exchange": self._exchange,
            "routing_key": message.type,
            "delivery_mode": "persistent",
            "mandatory": message.mandatory,
        }


class Publisher(Protocol):
    def publish(self, messages: Sequence[OutboxMessage]) -> Iterator[Result]:
        """Publish in this order; yield each message once the broker has it, or with the reason why it has not."""


class ConfirmedPublisher:
    """Publishes to AMQP, and waits for many confirms at once.

    Two messages of one subject are never on their way together: the second must not arrive when the first is rejected.
    """

    def __init__(self, connection: Connection, tasks: Tasks) -> None:
        self._connection, self._tasks = connection, tasks
        channel = connection.channel()
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"].add(self._on_return)
        self._producer = Producer(channel, auto_declare=False)
        self._published = 0
        #: By delivery tag, in the order of publishing.
        self._unconfirmed: dict[int, OutboxMessage] = {}
        self._refusals: dict[str, str] = {}
        self._results: list[Result] = []

    def publish(self, messages: Sequence[OutboxMessage]) -> Iterator[Result]:
        deadline, held = time.monotonic() + CONFIRM_LIMIT, set[str]()
        for wave in _waves(messages):
            for message in wave:
                if message.subject not in held:
                    self._published += 1
                    self._unconfirmed[self._published] = message
                    self._producer.publish(**self._tasks.of(message))
            for message, refusal in self._confirmed(deadline):
                if refusal is not None:
                    held.add(message.subject)
                yield message, refusal

    def _confirmed(self, deadline: float) -> Iterator[Result]:
        while True:
            results, self._results = self._results, []
            yield from results
            if not self._unconfirmed:
                return
            self._connection.drain_events(timeout=max(deadline - time.monotonic(), 0.001))

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for message in self._settled(tag, multiple):
            reason = self._refusals.pop(str(message.id), None)
            refusal = reason and MessageRejected(f"no queue is bound to {message.type} ({reason})")
            self._results.append((message, refusal or None))

    def _on_nack(self, tag: int, multiple: bool) -> None:
        for message in self._settled(tag, multiple):
            self._results.append((message, MessageRejected("the broker could not store it")))

    def _settled(self, tag: int, multiple: bool) -> list[OutboxMessage]:
        tags = [each for each in self._unconfirmed if each <= tag] if multiple else [tag]
        return [self._unconfirmed.pop(each) for each in tags]

    def _on_return(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """Remember a message for which there is no queue. Its confirm follows."""
        self._refusals[message.properties["correlation_id"]] = str(error)


class BatchPublisher:
    """Publishes a batch in one round trip, by a transport that can do so. It does not return messages."""

    def __init__(self, connection: Connection, tasks: Tasks) -> None:
        self._producer = Producer(connection.channel(), auto_declare=False)
        self._tasks = tasks

    def publish(self, messages: Sequence[OutboxMessage]) -> Iterator[Result]:
        with self._producer.batch():
            for message in messages:
                self._producer.publish(**self._tasks.of(message))
        yield from ((message, None) for message in messages)


def _waves(messages: Sequence[OutboxMessage]) -> list[list[OutboxMessage]]:
    """Return the messages in groups without two of one subject, each subject in its order."""
    waves: list[list[OutboxMessage]] = []
    seen: dict[str, int] = defaultdict(int)
    for message in messages:
        wave = seen[message.subject]
        if wave == len(waves):
            waves.append([])
        waves[wave].append(message)
        seen[message.subject] += 1
    return waves
