"""The broker topology: one topic exchange, and per service one queue for messages and one for jobs.

Every message is one Celery task, `chassis.receive(envelope)`, routed by its type. A service whose queue was missing
requests the lost messages from all others by the task `chassis.send_again(types, since)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from celery import Celery
from kombu import Connection, Exchange, Producer, Queue, binding
from kombu.exceptions import KombuError, OperationalError

from chassis.outbox.publishing import BatchPublisher, ConfirmedPublisher, Publisher, Result, Tasks
from chassis.outbox.sinks import SinkUnavailable
from chassis.settings import is_amqp

if TYPE_CHECKING:
    from chassis.outbox.models import OutboxMessage

RECEIVE = "chassis.receive"
#: Both a task and its routing key: every service is bound to it.
SEND_AGAIN = "chassis.send_again"
DEAD_LETTERS = "souk_dead"
#: A message that kills its worker this many times goes to the broker's own dead-letter queue.
DELIVERY_LIMIT = 5


def shared_exchange(*, amqp: bool) -> Exchange:
    """Return the exchange to which every message is published."""
    return _shared("souk", "topic", amqp=amqp)


def messages_queue_name(service: str) -> str:
    return f"{service}_messages"


def messages_queue(service: str, types: Iterable[str], *, amqp: bool) -> Queue:
    """Return the queue of a service, bound to the message types that it handles."""
    name, exchange = messages_queue_name(service), shared_exchange(amqp=amqp)
    return MessagesQueue(
        name,
        exchange=exchange,
        routing_key=name,
        bindings=[binding(exchange, routing_key=type_) for type_ in sorted({*types, SEND_AGAIN})],
        queue_arguments=_safe_arguments(name) if amqp else None,
        marker=_marker_name(service) if amqp else "",
    )


class MessagesQueue(Queue):
    """A queue that deletes its marker before it is created, so that the relay requests the lost messages.

    RabbitMQ only: it can lose a single queue, by deletion or with its nodes. Redis loses all queues or none.
    """

    attrs = (*Queue.attrs, ("marker", str))

    def queue_declare(self, nowait: bool = False, passive: bool = False, channel: Any = None) -> Any:
        if self.marker and not passive and not self._is_there():
            with self.channel.connection.channel() as own:
                own.queue_delete(self.marker)
        return super().queue_declare(nowait=nowait, passive=passive, channel=channel)

    def _is_there(self) -> bool:
        """Return whether the queue exists. Uses a separate channel: the broker closes it when the queue is missing."""
        from amqp import NotFound

        with self.channel.connection.channel() as own:
            try:
                own.queue_declare(self.name, passive=True)
            except NotFound:
                return False
        return True


def jobs_queue(service: str, *, amqp: bool) -> Queue:
    """Return the queue of a service's scheduled jobs."""
    name = f"{service}_jobs"
    # Celery bypasses a direct exchange and uses the default one, which would let a service write to any queue.
    exchange = Exchange(name, type="topic" if amqp else "direct")
    return Queue(name, exchange, routing_key=name, queue_arguments=_safe_arguments(name) if amqp else None)


def dead_letter_queue(service: str) -> Queue:
    """Return the queue of messages that killed their worker or could not be decoded. RabbitMQ only."""
    name = messages_queue_name(service)
    exchange = _shared(DEAD_LETTERS, "direct", amqp=True)
    return Queue(f"{service}_dead", exchange, routing_key=name, queue_arguments={"x-queue-type": "quorum"})


class BrokerSink:
    """Publishes to the exchange with confirms, and declares queues again that the broker has lost.

    A marker message stays in a queue that has no consumer. If it is missing, the broker restarted empty, or the
    service's queue was created again. The marker is published last, after the lost messages were requested.
    """

    def __init__(self, app: Celery, service: str, types: Iterable[str]) -> None:
        """`types`: the message types that the service handles."""
        self.app = app
        self.types = sorted(types)
        self._amqp = is_amqp(app.conf.broker_url)
        self._exchange = shared_exchange(amqp=self._amqp)
        self._marker = _marker(service, amqp=self._amqp)
        self._connection: Connection | None = None
        self._channel: Any = None
        self._publisher: Publisher | None = None

    def send_all(self, messages: Sequence[OutboxMessage]) -> Iterator[Result]:
        if not messages:
            return
        done = False
        try:
            with self._or_not_sent():
                yield from self._open().publish(messages)
                done = True
        finally:
            # Confirms of messages that are not waited for must not be taken for those of later ones.
            if not done:
                self.close()

    def check(self) -> bool:
        """Declare the queues again (idempotent) and return whether the marker is present."""
        with self._or_not_sent():
            return self._declare()

    def introduce(self, *, missed_since: datetime) -> None:
        """Request from all services what they sent since `missed_since`, then publish the marker."""
        with self._or_not_sent():
            self._declare()
            with self._connect() as connection:
                producer = Producer(connection.channel(), auto_declare=False)
                self.app.send_task(
                    SEND_AGAIN,
                    kwargs={"types": self.types, "since": missed_since.isoformat()},
                    exchange=self._exchange.name,
                    routing_key=SEND_AGAIN,
                    producer=producer,
                    confirm_timeout=10,
                    retry=False,
                    ignore_result=True,
                )
                where = {"exchange": self._marker.exchange.name, "routing_key": self._marker.routing_key}
                producer.publish("here", **where, confirm_timeout=10, retry=False)

    def _declare(self) -> bool:
        self._open()
        channel = self._channel
        if not self._is_marked(channel):
            _forget_bindings(channel)
        self._exchange(channel).declare()
        for queue in self.app.conf.task_queues:
            queue(channel).declare()
        return self._is_marked(channel)

    def _is_marked(self, channel: Any) -> bool:
        marker = self._marker(channel)
        marker.declare()
        return bool(marker.queue_declare().message_count)

    def close(self) -> None:
        """Drop the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.release()
        self._connection = self._channel = self._publisher = None

    @contextmanager
    def _or_not_sent(self) -> Iterator[None]:
        try:
            yield
        except _broker_errors() as error:
            self.close()
            raise SinkUnavailable(f"{type(error).__name__}: {error}") from error

    def _open(self) -> Publisher:
        if self._publisher is None:
            # The publisher waits for the confirms of a batch itself.
            self._connection = self._connect(confirm_publish=False)
            self._channel = self._connection.channel()
            tasks = Tasks(self.app, RECEIVE, self._exchange.name)
            publisher = ConfirmedPublisher if self._amqp else BatchPublisher
            self._publisher = publisher(self._connection, tasks)
        return self._publisher

    def _connect(self, **options: bool) -> Connection:
        options = options if self._amqp else {}
        made: Connection = self.app.connection_for_write(heartbeat=0, connect_timeout=5, transport_options=options)
        made.ensure_connection(max_retries=1, timeout=5)
        return made


def _marker_name(service: str) -> str:
    return f"{service}_marker"


def _marker(service: str, *, amqp: bool) -> Queue:
    name = _marker_name(service)
    arguments = {"x-queue-type": "quorum"} if amqp else None
    return Queue(name, _shared("souk_markers", "direct", amqp=amqp), routing_key=name, queue_arguments=arguments)


def _shared(name: str, type_: str, *, amqp: bool) -> Exchange:
    """Return an exchange that RabbitMQ has from its definitions: a service may neither declare nor delete it."""
    return Exchange(name, type=type_, durable=True, passive=amqp)


def _forget_bindings(channel: Any) -> None:
    """Clear kombu's cache of bindings, which would keep it from declaring lost bindings again (Redis)."""
    state = getattr(channel, "state", None)
    if state is not None:
        state.clear()


def _safe_arguments(dead_letter_key: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_LETTERS,
        "x-dead-letter-routing-key": dead_letter_key,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _broker_errors() -> tuple[type[BaseException], ...]:
    import amqp
    import redis

    return (OperationalError, KombuError, amqp.AMQPError, redis.RedisError, OSError, TimeoutError)
