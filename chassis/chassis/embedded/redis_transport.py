"""kombu's Redis transport with fewer round trips per message and no lost messages. RabbitMQ is the production broker.

kombu creates a client object for each command, wraps two commands in a transaction, and reads the bindings of the
exchange for each publish: most of a worker's time. It also removes a message from its list (BRPOP) before it records
the message as unacknowledged, so a worker that is killed in between loses it. Here the server does both in one script,
and a waiting worker blocks on a separate list of wake-up tokens.

The copies of one message in several queues share a delivery tag. So each service records its unacknowledged messages
under keys of its own (`options`): in one shared hash, the first acknowledgment would delete the record of all others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

import msgspec
from celery import Celery
from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import ConnectionError as RedisConnectionError

#: Seconds for which a publisher caches the bindings of an exchange. Bindings are only added, by a new version.
_BINDINGS_CACHED = 2.0

#: Messages that a channel without a prefetch limit takes at once.
_AT_ONCE = 100

#: KEYS: the hash and the index of unacknowledged messages, then each queue and its tokens. ARGV: the most messages to
#: take, all from one queue. The time is the server's. The record names the queue (by the default exchange), so that a
#: redelivery goes there, and not to every queue bound to the type. What is left in the queue is for another consumer.
_TAKE = """
for i = 3, #KEYS, 2 do
    local raws = redis.call('RPOP', KEYS[i], ARGV[1])
    if raws then
        local now, queue = redis.call('TIME')[1], cjson.encode(KEYS[i])
        local times, records = {}, {}
        for _, raw in ipairs(raws) do
            local tag = cjson.decode(raw).properties.delivery_tag
            table.insert(times, now)
            table.insert(times, tag)
            table.insert(records, tag)
            table.insert(records, '[' .. raw .. ',"",' .. queue .. ']')
        end
        redis.call('ZADD', KEYS[2], unpack(times))
        redis.call('HSET', KEYS[1], unpack(records))
        if redis.call('EXISTS', KEYS[i]) == 1 then
            redis.call('LPUSH', KEYS[i + 1], '')
            redis.call('LTRIM', KEYS[i + 1], 0, 0)
        end
        return {KEYS[i], raws}
    end
end
return false
"""


#: KEYS: the index. ARGV: the tags of what living channels hold, which is not to be redelivered. Times in the future
#: were recorded while the server's clock was ahead; set them to now.
_CORRECT_TIMES = """
local now = tonumber(redis.call('TIME')[1])
for _, tag in ipairs(ARGV) do
    redis.call('ZADD', KEYS[1], 'XX', now, tag)
end
for _, tag in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 2, '+inf')) do
    redis.call('ZADD', KEYS[1], now, tag)
end
"""


class QoS(redis.QoS):
    """Acknowledges with two commands in one round trip and no transaction; the index entry is removed first."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Record the message locally; the server recorded it when it delivered it."""
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        self.ack_all([delivery_tag])

    def ack_all(self, tags: Sequence[str]) -> None:
        """Acknowledge. If the server is unreachable, it redelivers the messages; this worker continues either way."""
        try:
            self.channel.in_one_round_trip(("ZREM", self.unacked_index_key, *tags), ("HDEL", self.unacked_key, *tags))
        finally:
            for tag in tags:
                virtual.QoS.ack(self, tag)

    def held(self) -> list[str]:
        """Return the tags of what was delivered and not settled, in the order of delivery."""
        return [tag for tag in list(self._delivered) if tag not in self._dirty]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Redeliver what killed workers held. What the channels of this connection hold is renewed before."""
        held = [tag for channel in self.channel.connection.channels for tag in channel.qos.held()]
        with self.channel.unavailable_on_error():
            with self.channel.conn_or_acquire() as client:
                client.eval(_CORRECT_TIMES, 1, self.unacked_index_key, *held)
            super().restore_visible(*args, **kwargs)


class PublishBatch:
    """Collects what is published on a channel and sends it in one transaction: all of it arrives, in order, or none."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._queues: dict[str, list[str]] = {}

    def publish(self, message: dict[str, Any], **where: Any) -> None:
        self.channel.basic_publish(message, _publish_batch=self, **where)

    def add(self, queue: str, raw: str) -> None:
        self._queues.setdefault(queue, []).append(raw)

    def flush(self) -> None:
        queues, self._queues = self._queues, {}
        if queues:
            puts = [command for queue, raws in queues.items() for command in _put_commands(queue, raws)]
            self.channel.in_one_round_trip(("MULTI",), *puts, ("EXEC",))

    def discard(self) -> None:
        self._queues = {}

    def close(self) -> None:
        """Nothing is held: a connection is taken from the pool for each flush."""


class Channel(redis.Channel):
    QoS = QoS
    #: kombu's own batches are refused where redis-py would repeat a command by itself; ours are not sent by redis-py.
    supports_batch_publish = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._cached_client: tuple[Any, Any] = (None, None)
        self._bindings: dict[tuple[str, str], tuple[float, list[str]]] = {}
        self._waits = False
        self._asked = 0
        self._requests: dict[tuple[tuple[str, ...], int, float | None], list[bytes]] = {}
        super().__init__(*args, **kwargs)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge a message or, as AMQP does, `multiple`: all that were delivered up to this one."""
        if multiple:
            held = self.qos.held()
            self.qos.ack_all(held[: held.index(delivery_tag) + 1])
        else:
            self.qos.ack(delivery_tag)

    def basic_cancel(self, consumer_tag: str) -> None:
        """Cancel a consumer after reading what the server has taken out of the queue for it."""
        if self._in_poll and consumer_tag in self._tag_to_queue:
            with suppress(Empty):
                self._brpop_read()
        super().basic_cancel(consumer_tag)

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        yield client or self._client_of(self.pool)

    def in_one_round_trip(self, *commands: tuple[Any, ...]) -> None:
        """Send the commands without redis-py's pipeline, which costs more than the server's work."""
        connection = self.pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            with self.unavailable_on_error():
                answers = [connection.read_response() for _ in commands]
                # A transaction answers with the errors of its commands.
                for error in answers[-1] if isinstance(answers[-1], list) else ():
                    if isinstance(error, self.ResponseError):
                        raise error
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self.pool.release(connection)

    @contextmanager
    def unavailable_on_error(self) -> Iterator[None]:
        """Treat a server that cannot write (disk or memory full) like one that is unreachable, so it is retried."""
        try:
            yield
        except self.ResponseError as error:
            raise RedisConnectionError(str(error)) from error

    def create_publish_batch(self, max_size: int) -> PublishBatch:
        """Return a batch for `Producer.batch()`. The relay's batches are far smaller than `max_size`."""
        return PublishBatch(self)

    def _put(self, queue: str, message: Any, *, _publish_batch: PublishBatch | None = None, **_: Any) -> None:
        """Append the message and one wake-up token; the consumer of the token drains the queue."""
        if _publish_batch is not None:
            _publish_batch.add(queue, _json(message))
        else:
            self.in_one_round_trip(*_put_commands(queue, [_json(message)]))

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Request messages; when the queues were empty, wait for a wake-up token or for `timeout` seconds first.

        A redelivered message has no token; the timeout finds it.
        """
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        self._in_poll = connection = self.client.connection
        self._brpop_sent_at = time.monotonic()
        timeout = self.brpop_timeout if timeout is None else timeout
        room = self.qos.can_consume_max_estimate()
        self._asked = _AT_ONCE if room is None else room
        connection.send_packed_command(self._request(tuple(queues), self._asked, timeout if self._waits else None))

    def _request(self, queues: tuple[str, ...], most: int, wait: float | None) -> list[bytes]:
        """Return the bytes that request messages. They are few, and redis-py takes long to make them."""
        packed = self._requests.get((queues, most, wait))
        if packed is None:
            commands = [("EVAL", *self._take(queues, most))]
            if wait is not None:
                commands.insert(0, ("BRPOP", *map(_tokens, queues), wait))
            packed = self._requests[queues, most, wait] = self.client.connection.pack_commands(commands)
        return packed

    def _brpop_read(self, **_: Any) -> bool:
        connection = self.client.connection
        waited, self._waits = self._waits, False
        try:
            with self.unavailable_on_error():
                if waited:
                    connection.read_response()
                found = connection.read_response()
        except self.connection_errors:
            connection.disconnect()
            raise
        finally:
            self._in_poll = None
        if not found:
            self._waits = True
            raise Empty
        queue, raws = bytes_to_str(found[0]), found[1]
        self._queue_cycle.rotate(queue)
        # The queue gave all it had: whoever puts something there from now on leaves a token.
        self._waits = len(raws) < self._asked and len(self.active_queues) == 1
        for raw in raws:
            self.connection._deliver(msgspec.json.decode(raw), queue)
        return True

    def _get(self, queue: str) -> Any:
        """Return one message without waiting. Raises Empty."""
        with self.conn_or_acquire() as client:
            found = client.eval(*self._take([queue], 1))
        if not found:
            raise Empty
        return msgspec.json.decode(found[1][0])

    def _take(self, queues: Sequence[str], most: int) -> tuple[Any, ...]:
        keys = [self.unacked_key, self.unacked_index_key]
        for queue in queues:
            keys += [queue, _tokens(queue)]
        return (_TAKE, len(keys), *keys, most)

    def _client_of(self, pool: Any) -> Any:
        """Return the cached client of `pool`; a lost connection leads to a new pool."""
        cached_pool, client = self._cached_client
        if cached_pool is not pool:
            client = self._create_client()
            self._cached_client = (pool, client)
        return client

    def _lookup(self, exchange: str, routing_key: str, default: str | None = None) -> list[str]:
        now = time.monotonic()
        until, queues = self._bindings.get((exchange, routing_key), (0.0, []))
        if now >= until:
            queues = super()._lookup(exchange, routing_key, default)
            if queues:
                self._bindings[exchange, routing_key] = (now + _BINDINGS_CACHED, queues)
        return queues


def _json(message: dict[str, Any]) -> str:
    """Return what is stored in a queue. The body is encoded already, so these are plain values."""
    return msgspec.json.encode(message).decode()


def _put_commands(queue: str, raws: Sequence[str]) -> list[tuple[str, ...]]:
    tokens = _tokens(queue)
    return [("LPUSH", queue, *raws), ("LPUSH", tokens, ""), ("LTRIM", tokens, "0", "0")]


def _tokens(queue: str) -> str:
    """Return the key of the list of wake-up tokens. The suffix is part of the stored keys."""
    return f"{queue}.bell"


class Transport(redis.Transport):
    Channel = Channel


def options(service: str) -> dict[str, Any]:
    """Return the transport options of a service, whose workers alone redeliver its unacknowledged messages."""
    return {
        "unacked_key": f"{service}_unacked",
        "unacked_index_key": f"{service}_unacked_index",
        "unacked_mutex_key": f"{service}_unacked_mutex",
        # Seconds after which an unacknowledged message of a killed worker is redelivered,
        "visibility_timeout": 10,
        # at the next check, every five seconds (kombu's default: a hundred),
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # and soon even when a worker was killed during a redelivery.
        "unacked_mutex_expire": 10,
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        # No message has a priority: one list per queue instead of four.
        "priority_steps": [0],
    }


def install(app: Celery) -> None:
    """Use this transport for `redis://` in this process, with the options of the service of `app`."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"
    app.conf.broker_transport_options = options(app.main)
