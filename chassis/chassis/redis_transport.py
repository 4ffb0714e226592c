"""kombu's Redis transport, with fewer turns a message. For the embedded run; the real broker is RabbitMQ.

kombu makes a client object for each command, wraps two commands into a transaction, and reads the exchange's
bindings again for each publish. That was most of a worker's time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.utils.json import dumps

#: How long a publisher believes what it knows of an exchange. Bindings are only ever added, by a new version.
_BELIEVED = 2.0


class QoS(redis.QoS):  # type: ignore[misc]
    """Two commands in one turn, but not one transaction: the index goes first in, and first out."""

    def append(self, message: Any, delivery_tag: str) -> None:
        where = message.delivery_info
        kept = dumps([message._raw, where["exchange"], where["routing_key"]])
        self.channel.in_one_turn(
            ("ZADD", self.unacked_index_key, time.time(), delivery_tag), ("HSET", self.unacked_key, delivery_tag, kept)
        )
        virtual.QoS.append(self, message, delivery_tag)

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


class Transport(redis.Transport):  # type: ignore[misc]
    Channel = Channel


def install() -> None:
    """From now on `redis://` means this transport."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"
