"""kombu's Redis transport, with fewer turns a message and none lost. For the embedded run; the real broker is RabbitMQ.

kombu makes a client object for each command, wraps two commands into a transaction, and reads the exchange's
bindings again for each publish. That was most of a worker's time. It also takes a message out of its list (BRPOP)
before it notes that somebody has it: a worker killed in between loses it. Here both are one step of the server, and
what a waiting worker takes out of a list is only the sound of a bell.

The copies of one message in several queues share a delivery tag, so the notes of who has what are kept for each
service apart (`options`): in one hash, the first to acknowledge would take away the note of all others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from redis.exceptions import ConnectionError as RedisConnectionError

#: How long a publisher believes what it knows of an exchange. Bindings are only ever added, by a new version.
_BELIEVED = 2.0

#: KEYS: the hash and the index of what somebody has, then the queues; the time is the server's own. The note names the
#: queue (by the default exchange), so that what is given back goes there, and not once more to everybody who is bound
#: to its type.
_TAKE = """
for i = 3, #KEYS do
    local raw = redis.call('RPOP', KEYS[i])
    if raw then
        local tag = cjson.decode(raw).properties.delivery_tag
        redis.call('ZADD', KEYS[2], redis.call('TIME')[1], tag)
        redis.call('HSET', KEYS[1], tag, '[' .. raw .. ',"",' .. cjson.encode(KEYS[i]) .. ']')
        return {KEYS[i], raw}
    end
end
return false
"""


#: KEYS: the index. What was taken in the future, while the server's clock was ahead, was taken now.
_BRING_BACK = """
local now = tonumber(redis.call('TIME')[1])
for _, tag in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 2, '+inf')) do
    redis.call('ZADD', KEYS[1], now, tag)
end
"""


class QoS(redis.QoS):  # type: ignore[misc]
    """Two commands in one turn, but not one transaction: the index goes first out."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """The server noted the message when it gave it."""
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """When it cannot be told, the message comes again; this worker is free for others all the same."""
        try:
            self.channel.in_one_turn(
                ("ZREM", self.unacked_index_key, delivery_tag), ("HDEL", self.unacked_key, delivery_tag)
            )
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        with self.channel.as_away():
            with self.channel.conn_or_acquire() as client:
                client.eval(_BRING_BACK, 1, self.unacked_index_key)
            super().restore_visible(*args, **kwargs)


class Channel(redis.Channel):  # type: ignore[misc]
    QoS = QoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._kept: tuple[Any, Any] = (None, None)
        self._known: dict[tuple[str, str], tuple[float, list[str]]] = {}
        self._waits = False
        super().__init__(*args, **kwargs)

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        yield client or self._client_of(self.pool)

    def in_one_turn(self, *commands: tuple[Any, ...]) -> None:
        """Past redis-py's pipelines, which cost more than the server's work."""
        connection = self.pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            with self.as_away():
                for _ in commands:
                    connection.read_response()
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self.pool.release(connection)

    @contextmanager
    def as_away(self) -> Iterator[None]:
        """A Redis that answers but cannot write (its disk or memory is full) is tried again like one that is away."""
        try:
            yield
        except self.ResponseError as error:
            raise RedisConnectionError(str(error)) from error

    def _put(self, queue: str, message: Any, **_: Any) -> None:
        """One sound of the bell is enough: who hears it takes all there is."""
        bell = _bell(queue)
        self.in_one_turn(("LPUSH", queue, dumps(message)), ("LPUSH", bell, ""), ("LTRIM", bell, 0, 0))

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for a message; when there was none the last time, as soon as a bell sounds or `timeout` seconds passed.

        What rings no bell, a message that was given back, is found by the timeout.
        """
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        self._in_poll = connection = self.client.connection
        self._brpop_sent_at = time.monotonic()
        take = ("EVAL", *self._take(queues))
        wait = ("BRPOP", *map(_bell, queues), timeout or self.brpop_timeout)
        connection.send_packed_command(connection.pack_commands([wait, take] if self._waits else [take]))

    def _brpop_read(self, **_: Any) -> bool:
        connection = self.client.connection
        try:
            with self.as_away():
                if self._waits:
                    connection.read_response()
                found = connection.read_response()
        except self.connection_errors:
            connection.disconnect()
            raise
        finally:
            self._in_poll = None
            self._waits = False
        if not found:
            self._waits = True
            raise Empty
        queue, raw = map(bytes_to_str, found)
        self._queue_cycle.rotate(queue)
        self.connection._deliver(loads(raw), queue)
        return True

    def _get(self, queue: str) -> Any:
        """One message, without waiting. Raises Empty."""
        with self.conn_or_acquire() as client:
            found = client.eval(*self._take([queue]))
        if not found:
            raise Empty
        return loads(bytes_to_str(found[1]))

    def _take(self, queues: Sequence[str]) -> tuple[Any, ...]:
        return (_TAKE, len(queues) + 2, self.unacked_key, self.unacked_index_key, *queues)

    def _client_of(self, pool: Any) -> Any:
        """The same client as long as the pool is the same; a lost connection brings a new pool."""
        kept_pool, client = self._kept
        if kept_pool is not pool:
            client = self._create_client()
            self._kept = (pool, client)
        return client

    def _lookup(self, exchange: str, routing_key: str, default: str | None = None) -> list[str]:
        now = time.monotonic()
        until, queues = self._known.get((exchange, routing_key), (0.0, []))
        if now >= until:
            queues = super()._lookup(exchange, routing_key, default)
            if queues:
                self._known[exchange, routing_key] = (now + _BELIEVED, queues)
        return queues


def _bell(queue: str) -> str:
    return f"{queue}.bell"


class Transport(redis.Transport):  # type: ignore[misc]
    Channel = Channel


def options(service: str) -> dict[str, Any]:
    """The transport options of a service. Only its own workers give back what one of them took and did not finish."""
    return {
        "unacked_key": f"{service}_unacked",
        "unacked_index_key": f"{service}_unacked_index",
        "unacked_mutex_key": f"{service}_unacked_mutex",
        # An unacknowledged message of a killed worker comes back after so many seconds,
        "visibility_timeout": 10,
        # at the next look: every five seconds, where kombu would look every hundred,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # and soon, too, when one was killed in the middle of giving messages back.
        "unacked_mutex_expire": 10,
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        # Nothing has a priority: one list a queue in place of four.
        "priority_steps": [0],
    }


def install() -> None:
    """From now on `redis://` means this transport."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"
