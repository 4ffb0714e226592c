"""Tell open sockets that a customer has something new. Only a hint: the socket reads the database.

The channel layer is asynchronous and keeps its connections per event loop, so one thread with a
loop of its own does the telling; the caller never waits for Redis.
"""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID

import structlog
from channels.layers import get_channel_layer

from notifications import hints

log = structlog.get_logger(__name__)

#: Hints that may be on their way at once; more are dropped while Redis is away.
MOST = 1000


def group_of(user_id: UUID) -> str:
    """The name of the customer's group of sockets."""
    return f"customer.{user_id.hex}"


class Announcer:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._on_their_way = 0
        threading.Thread(target=self._loop.run_forever, name="live-hints", daemon=True).start()

    def tell(self, user_id: UUID) -> None:
        if self._on_their_way < MOST:
            self._on_their_way += 1
            asyncio.run_coroutine_threadsafe(self._tell(user_id), self._loop)

    async def _tell(self, user_id: UUID) -> None:
        try:
            async with asyncio.timeout(2):
                await get_channel_layer().group_send(group_of(user_id), {"type": "something.new"})
        except Exception as error:  # whatever the layer raises: sockets look by themselves every few seconds
            log.warning("hint_lost", error=repr(error))
        finally:
            self._on_their_way -= 1


def start() -> None:
    """In the worker: announce from now on."""
    hints.when_new(Announcer().tell)
