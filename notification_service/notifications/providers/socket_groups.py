"""Wake the open sockets of a customer over the channel layer. A lost wake-up costs seconds: sockets also poll.

The channel layer is asynchronous and keeps its connections per event loop, so one thread with its own
loop sends the wake-ups; the caller never waits for Redis.
"""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID

import structlog
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)

#: Wake-ups that may be in flight at once; more are dropped while Redis is unavailable.
MAX_IN_FLIGHT = 1000

#: Set in the worker by `start`; other processes wake no sockets.
_sender: WakeUpSender | None = None


def group_of(user_id: UUID) -> str:
    """Return the name of the customer's group of sockets."""
    return f"customer.{user_id.hex}"


class WakeUpSender:
    """Sends wake-ups on an event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._in_flight = 0
        threading.Thread(target=self._loop.run_forever, name="socket-wake-ups", daemon=True).start()

    def send(self, user_id: UUID) -> None:
        """Send a wake-up without waiting for it."""
        if self._in_flight < MAX_IN_FLIGHT:
            self._in_flight += 1
            asyncio.run_coroutine_threadsafe(self._send(user_id), self._loop)

    async def _send(self, user_id: UUID) -> None:
        try:
            async with asyncio.timeout(2):
                await get_channel_layer().group_send(group_of(user_id), {"type": "updates.available"})
        except Exception as error:  # any error of the layer: the sockets poll
            log.warning("socket_wake_up_lost", error=repr(error))
        finally:
            self._in_flight -= 1


def wake(user_id: UUID) -> None:
    """Wake the customer's sockets, in a process that has called `start`."""
    if _sender is not None:
        _sender.send(user_id)


def start() -> None:
    """Send wake-ups from now on."""
    global _sender
    _sender = WakeUpSender()


def stop() -> None:
    """Send no more wake-ups."""
    global _sender
    _sender = None
