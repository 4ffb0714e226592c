"""kombu's Redis transport, with fewer turns a message and none lost. For the embedded run; the real broker is RabbitMQ.

kombu makes a client object for each command, wraps two commands into a transaction, and reads the exchange's
bindings again for each publish. That was most of a worker's time. It also takes a message out of its list (BRPOP)
before it notes that somebody has it: a worker killed in between loses it. Here both are one step of the server, and
what a waiting worker takes out of a list is only the sound of a bell.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

#: How long a publisher believes what it knows of an exchange. Bindings are only ever added, by a new version.
_BELIEVED = 2.0

#: KEYS: the hash and the index of what somebody has, then the queues; ARGV: the time.
_TAKE = """
for i = 3, #KEYS do
    local raw = redis.call('RPOP', KEYS[i])
    if raw then
        local properties = cjson.decode(raw).properties
        local from = properties.delivery_info
        local kept = '[' .. raw .. ',' .. cjson.encode(from.exchange) .. ',' .. cjson.encode(from.routing_key) .. ']'
        redis.call('ZADD', KEYS[2], ARGV[1], properties.delivery_tag)
        redis.call('HSET', KEYS[1], properties.delivery_tag, kept)
        return {KEYS[i], raw}
    end
end
return false
"""


class QoS(redis.QoS):  # type: ignore[misc]
    """Two commands in one turn, but not one transaction: the index goes first in, and first out."""

    def append(self, message: Any, delivery_tag: str) -> None:
        if delivery_tag != self.channel.taken:  # else the server has noted it
            self._note(message, delivery_tag)
        virtual.QoS.append(self, message, delivery_tag)

    def _note(self, message: Any, delivery_tag: str) -> None:
        where = message.delivery_info
        kept = dumps([message._raw, where["exchange"], where["routing_key"]])
        self.channel.in_one_turn(
            ("ZADD", self.unacked_index_key, time.time(), delivery_tag), ("HSET", self.unacked_key, delivery_tag, kept)
        )

    def ack(self, delivery_tag: str) -> None:
        self.channel.in_one_turn(
            ("ZREM", self.unacked_index_key, delivery_tag), ("HDEL", self.unacked_key, delivery_tag)
        )
        virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):  # type: ignore[misc]
    QoS = QoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._kept: tuple[Any, Any] = (None, None)
        self._known: dict[tuple[str, str], tuple[float, list[str]]] = {}
        self._waits = False
        #: The delivery tag of the message that is being given to its consumer.
        self.taken = ""
        super().__init__(*args, **kwargs)

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        yield client or self._client_of(self.pool)

    def in_one_turn(self, *commands: tuple[Any, ...]) -> None:
        """Past redis-py's pipelines, which cost more than the server's work."""
        connection = self.pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                connection.read_response()
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self.pool.release(connection)

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
        take = ("EVAL", _TAKE, len(queues) + 2, self.unacked_key, self.unacked_index_key, *queues, time.time())
        wait = ("BRPOP", *map(_bell, queues), timeout or self.brpop_timeout)
        connection.send_packed_command(connection.pack_commands([wait, take] if self._waits else [take]))

    def _brpop_read(self, **_: Any) -> bool:
        connection = self.client.connection
        try:
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
        message = loads(raw)
        self.taken = message["properties"]["delivery_tag"]
        self.connection._deliver(message, queue)
        return True

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


def install() -> None:
    """From now on `redis://` means this transport."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"
