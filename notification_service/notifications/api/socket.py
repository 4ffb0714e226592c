"""The socket: a customer's live updates in order, first the missed ones, then each new one.

    ws://.../ws/?ticket=T&last_seq=N

Updates are read from the database. A wake-up over the channel layer makes it quick; without one the socket
polls every few seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from chassis.revocation import is_revoked
from notifications import queries
from notifications.commands.tickets import session_of, use_ticket
from notifications.models import Update
from notifications.providers.socket_groups import group_of

log = structlog.get_logger(__name__)

#: Seconds between reads without a wake-up.
POLL_INTERVAL = 15.0
#: Seconds after which a client must reconnect with a new ticket.
LIFETIME = 3600.0
#: Time limit in seconds for the channel layer, whose Redis may hang.
LAYER_TIME_LIMIT = 2.0
PAGE = 100
MAX_SOCKETS_PER_CUSTOMER = 10
LARGEST_SEQ = 2**63 - 1

#: Close codes: 4000 to 4999 are free for applications, 1011 is an internal error (RFC 6455).
SESSION_ENDED = 4001
TOO_MANY_SOCKETS = 4002
INTERNAL_ERROR = 1011

_open: Counter[UUID] = Counter()


class LiveSocket(AsyncJsonWebsocketConsumer):
    """The socket of a customer. Refuses (HTTP 403) a foreign origin and an unknown, used or expired ticket."""

    user_id: UUID | None = None
    session_id = ""
    last_seq = 0
    _work: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        asked = parse_qs(self.scope["query_string"].decode("latin1"))
        last_seq = _last_seq(asked)
        if last_seq is None or not _origin_is_ours(self.scope["headers"]):
            await self.close()
            return
        ticket = asked.get("ticket", [""])[0]
        user_id = await database_sync_to_async(use_ticket)(ticket=ticket, now=timezone.now())
        if user_id is None:
            await self.close()
            return
        self.user_id, self.last_seq = user_id, last_seq
        self.session_id = await database_sync_to_async(session_of)(ticket)
        _open[user_id] += 1
        await self.accept()
        if _open[user_id] > MAX_SOCKETS_PER_CUSTOMER:
            await self.close(code=TOO_MANY_SOCKETS)
            return
        self._wake_up = asyncio.Event()
        self._work = asyncio.create_task(self._follow())

    async def disconnect(self, code: int) -> None:
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        if self.user_id is not None:
            _open[self.user_id] -= 1
            _open.pop(self.user_id, None) if _open[self.user_id] <= 0 else None
            with suppress(Exception):  # the layer may be unavailable or hang; group entries expire
                async with asyncio.timeout(LAYER_TIME_LIMIT):
                    await self.channel_layer.group_discard(group_of(self.user_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Answer a ping; ignore everything else."""
        if text_data and len(text_data) <= 64 and "ping" in text_data:
            await self.send_json({"type": "pong"})

    async def updates_available(self, _: dict[str, Any]) -> None:
        """Handle the wake-up from `socket_groups`."""
        if self._work is not None:
            self._wake_up.set()

    async def _follow(self) -> None:
        """Send missed and then new updates until the socket's lifetime or its session is over."""
        assert self.user_id is not None
        try:
            async with asyncio.timeout(LIFETIME):
                # Join before the first read: every update stored after that read sends a wake-up.
                await self._join()
                while not await self._session_has_ended():
                    self._wake_up.clear()
                    await self._send_new()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake_up.wait(), POLL_INTERVAL)
        except TimeoutError:
            pass
        except Exception:  # a socket left open would send nothing more: close it, so that the client reconnects
            log.exception("socket_failed")
            await self.close(code=INTERNAL_ERROR)
            return
        await self.close(code=SESSION_ENDED)

    async def _session_has_ended(self) -> bool:
        try:
            return bool(await database_sync_to_async(is_revoked)(self.session_id))
        except DatabaseError:  # nothing is sent either while it is unavailable
            return False

    async def _join(self) -> None:
        assert self.user_id is not None
        try:
            async with asyncio.timeout(LAYER_TIME_LIMIT):
                await self.channel_layer.group_add(group_of(self.user_id), self.channel_name)
        except Exception as error:  # Redis is unavailable or hangs: updates come later, by polling
            log.warning("socket_without_wake_ups", error=repr(error))

    async def _send_new(self) -> None:
        assert self.user_id is not None
        while True:
            try:
                found = await _updates(self.user_id, self.last_seq)
            except DatabaseError as error:
                log.warning("socket_database_unavailable", error=str(error))
                return
            for update in found:
                await self.send_json(_frame(update))
                self.last_seq = update.seq or self.last_seq
            if len(found) < PAGE:
                return


@database_sync_to_async
def _updates(user_id: UUID, seq: int) -> list[Update]:
    return queries.updates_after(user_id, seq, limit=PAGE)


def _frame(update: Update) -> dict[str, Any]:
    return {"seq": update.seq, "type": update.type, "at": update.at.isoformat(), "data": update.data}


def _last_seq(asked: dict[str, list[str]]) -> int | None:
    """Return the client's last number, 0 if it gave none, None if it is not a number."""
    given = asked.get("last_seq", ["0"])[0]
    if not (given.isascii() and given.isdigit() and len(given) <= 19):
        return None
    return min(int(given), LARGEST_SEQ)


def _origin_is_ours(headers: list[tuple[bytes, bytes]]) -> bool:
    origins = [value.decode("latin1").rstrip("/") for name, value in headers if name == b"origin"]
    return all(origin in settings.WS_ALLOWED_ORIGINS for origin in origins)


async def refuse(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a socket on any other path."""
    await receive()
    await send({"type": "websocket.close"})
