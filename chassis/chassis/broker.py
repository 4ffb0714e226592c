"""The broker as Souk uses it: one topic exchange, one queue a service for messages, one for its jobs.

Every message is one Celery task, `chassis.receive(envelope)`, routed by its type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from celery import Celery
from kombu import Connection, Exchange, Producer, Queue, binding
from kombu.exceptions import KombuError, OperationalError
from kombu.message import Message

from chassis.outbox.sinks import NotSent, Refused

if TYPE_CHECKING:
    from chassis.outbox.models import OutboxMessage

RECEIVE = "chassis.receive"
DEAD_LETTERS = "souk_dead"
#: A message whose handling kills the process this often goes to the broker's own dead-letter queue.
DELIVERY_LIMIT = 5


def shared_exchange(*, amqp: bool) -> Exchange:
    """Where every message is published."""
    return _shared("souk", "topic", amqp=amqp)


def messages_queue(service: str, types: Iterable[str], *, amqp: bool) -> Queue:
    """The queue in which a service gets its messages, bound to the types that it handles."""
    name, exchange = f"{service}_messages", shared_exchange(amqp=amqp)
    return Queue(
        name,
        exchange=exchange,
        routing_key=name,
        bindings=[binding(exchange, routing_key=type_) for type_ in sorted(types)],
        queue_arguments=_safe_arguments(name) if amqp else None,
    )


def jobs_queue(service: str, *, amqp: bool) -> Queue:
    """The queue of a service's own scheduled jobs."""
    name = f"{service}_jobs"
    # Past a direct exchange Celery publishes by the default one, which would let a service write into any queue.
    exchange = Exchange(name, type="topic" if amqp else "direct")
    return Queue(name, exchange, routing_key=name, queue_arguments=_safe_arguments(name) if amqp else None)


def dead_letter_queue(service: str) -> Queue:
    """RabbitMQ only: what killed its process, or could not be decoded."""
    name = f"{service}_messages"
    exchange = _shared(DEAD_LETTERS, "direct", amqp=True)
    return Queue(f"{service}_dead", exchange, routing_key=name, queue_arguments={"x-queue-type": "quorum"})


def is_amqp(url: str) -> bool:
    return url.startswith(("amqp", "pyamqp"))


class BrokerSink:
    """Publishes to the exchange with confirms; re-declares what a forgetful broker has lost.

    A marker message lies in a queue that nobody reads. When it is gone, the broker came back empty.
    """

    def __init__(self, app: Celery, service: str) -> None:
        self.app = app
        self.service = service
        self._amqp = is_amqp(app.conf.broker_url)
        self._exchange = shared_exchange(amqp=self._amqp)
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._returned: list[str] = []

    def send(self, message: OutboxMessage) -> None:
        self._returned.clear()
        try:
            self.app.send_task(
                RECEIVE,
                args=[message.envelope],
                argsrepr=message.type,
                task_id=str(message.id),
                exchange=self._exchange.name,
                routing_key=message.type,
                producer=self._open(),
                mandatory=message.mandatory,
                confirm_timeout=10,
                retry=False,
                ignore_result=True,
            )
        except _broker_errors() as error:
            self.close()
            raise NotSent(f"{type(error).__name__}: {error}") from error
        if message.mandatory and self._returned:
            raise Refused(f"nobody takes {message.type} yet ({self._returned[0]})")

    def check(self) -> bool:
        """Declare our queues again (harmless) and look for the marker; False when it had gone."""
        try:
            producer = self._open()
            marker = _marker(self.service, amqp=self._amqp)(producer.channel)
            marker.declare()
            found = bool(marker.queue_declare().message_count)
            if not found:
                _forget_bindings(producer)
            self._exchange(producer.channel).declare()
            for queue in self.app.conf.task_queues:
                queue(producer.channel).declare()
            if not found:
                marker.declare()
                producer.publish("here", exchange=marker.exchange.name, routing_key=marker.routing_key, retry=False)
        except _broker_errors() as error:
            self.close()
            raise NotSent(f"{type(error).__name__}: {error}") from error
        return found

    def close(self) -> None:
        """Drop the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.release()
        self._connection = self._producer = None

    def _open(self) -> Producer:
        if self._producer is None:
            self._connection = self.app.connection_for_write(heartbeat=0, connect_timeout=5)
            self._connection.ensure_connection(max_retries=1, timeout=5)
            # kombu's Redis transport knows no returned messages.
            on_return = self._on_return if self._amqp else None
            self._producer = Producer(self._connection.channel(), on_return=on_return, auto_declare=False)
        return self._producer

    def _on_return(self, exception: Exception, exchange: str, routing_key: str, message: Message) -> None:
        self._returned.append(str(exception))


def _marker(service: str, *, amqp: bool) -> Queue:
    name = f"{service}_marker"
    arguments = {"x-queue-type": "quorum"} if amqp else None
    return Queue(name, _shared("souk_markers", "direct", amqp=amqp), routing_key=name, queue_arguments=arguments)


def _shared(name: str, type_: str, *, amqp: bool) -> Exchange:
    """RabbitMQ has it by its definitions: a service may not make, and so not delete, what all share."""
    return Exchange(name, type=type_, durable=True, passive=amqp)


def _forget_bindings(producer: Producer) -> None:
    """kombu's Redis transport remembers bindings that the server has lost, and would not make them anew."""
    state = getattr(producer.channel, "state", None)
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
