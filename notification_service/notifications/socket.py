"""The socket: a customer's live updates, first those that were missed, then each new one, in order.

    ws://.../ws/?ticket=T&last_seq=N

The database is the truth. A hint by the channel layer makes it quick; without one the socket looks
by itself every few seconds.
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
from notifications.live import group_of
from notifications.models import Update

log = structlog.get_logger(__name__)

#: Seconds between looks when no hint comes.
PATIENCE = 15.0
#: Seconds after which a client must come back with a new ticket, and so prove who it is again.
LIFETIME = 3600.0
#: Seconds for the channel layer; its Redis may hang.
LAYER_ANSWERS = 2.0
PAGE = 100
MOST_PER_CUSTOMER = 10
LARGEST_SEQ = 2**63 - 1

#: Close codes of our own (4000 to 4999 are free for applications).
SESSION_OVER = 4001
TOO_MANY = 4002
#: As RFC 6455 has it: come again.
WENT_WRONG = 1011

_open: Counter[UUID] = Counter()


class LiveSocket(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Refuses (HTTP 403) a foreign origin and a ticket that is unknown, used or expired."""

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
        if _open[user_id] > MOST_PER_CUSTOMER:
            await self.close(code=TOO_MANY)
            return
        self._new = asyncio.Event()
        self._work = asyncio.create_task(self._follow())

    async def disconnect(self, code: int) -> None:
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        if self.user_id is not None:
            _open[self.user_id] -= 1
            _open.pop(self.user_id, None) if _open[self.user_id] <= 0 else None
            with suppress(Exception):  # the layer may be away, or hang; the group forgets by itself
                async with asyncio.timeout(LAYER_ANSWERS):
                    await self.channel_layer.group_discard(group_of(self.user_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """The only thing to say here is ping."""
        if text_data and len(text_data) <= 64 and "ping" in text_data:
            await self.send_json({"type": "pong"})

    async def something_new(self, _: dict[str, Any]) -> None:
        """The hint, from `live`."""
        if self._work is not None:
            self._new.set()

    async def _follow(self) -> None:
        """Replay, then live, by the same reads; until the time of this socket, or its session, is over."""
        assert self.user_id is not None
        try:
            async with asyncio.timeout(LIFETIME):
                # Joined before the first look: what is stored after that look makes a hint.
                await self._join()
                while not await self._session_has_ended():
                    self._new.clear()
                    await self._send_new()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._new.wait(), PATIENCE)
        except TimeoutError:
            pass
        except Exception:  # a socket that stayed open would tell nothing any more: the client comes again
            log.exception("socket_failed")
            await self.close(code=WENT_WRONG)
            return
        await self.close(code=SESSION_OVER)

    async def _session_has_ended(self) -> bool:
        try:
            return bool(await database_sync_to_async(is_revoked)(self.session_id))
        except DatabaseError:  # nothing is sent, either, while it is away
            return False

    async def _join(self) -> None:
        assert self.user_id is not None
        try:
            async with asyncio.timeout(LAYER_ANSWERS):
                await self.channel_layer.group_add(group_of(self.user_id), self.channel_name)
        except Exception as error:  # Redis is away, or hangs: updates come by looking, only later
            log.warning("socket_without_hints", error=repr(error))

    async def _send_new(self) -> None:
        assert self.user_id is not None
        while True:
            try:
                found = await _updates(self.user_id, self.last_seq)
            except DatabaseError as error:
                log.warning("socket_waits", error=str(error))
                return
            for update in found:
                await self.send_json(_frame(update))
                self.last_seq = update.seq or self.last_seq
            if len(found) < PAGE:
                return


@database_sync_to_async  # type: ignore[untyped-decorator]
def _updates(user_id: UUID, seq: int) -> list[Update]:
    return queries.updates_after(user_id, seq, limit=PAGE)


def _frame(update: Update) -> dict[str, Any]:
    return {"seq": update.seq, "type": update.type, "at": update.at.isoformat(), "data": update.data}


def _last_seq(asked: dict[str, list[str]]) -> int | None:
    """The client's last number, 0 when it gave none; None for what is no number."""
    given = asked.get("last_seq", ["0"])[0]
    if not (given.isascii() and given.isdigit() and len(given) <= 19):
        return None
    return min(int(given), LARGEST_SEQ)


def _origin_is_ours(headers: list[tuple[bytes, bytes]]) -> bool:
    origins = [value.decode("latin1").rstrip("/") for name, value in headers if name == b"origin"]
    return all(origin in settings.WS_ALLOWED_ORIGINS for origin in origins)


async def nothing_here(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Any other path: refused."""
    await receive()
    await send({"type": "websocket.close"})
