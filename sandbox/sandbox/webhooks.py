"""Sending webhooks as real providers do: signed, and retried until they are accepted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable

import httpx

_RETRY_AFTER = (1, 2, 5, 10, 30, 60, 300, 1800, 3600)


def retry_after(attempts: int) -> int:
    """Return the seconds until the next attempt, after so many have failed."""
    return _RETRY_AFTER[min(attempts, len(_RETRY_AFTER) - 1)]


def signature(body: bytes, *, at: int, secret: str) -> str:
    """Return `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, Stripe's scheme."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def post(client: httpx.AsyncClient, url: str, body: str, *, header: str, secret: str) -> str:
    """Send one signed webhook; return the error, or "" when it was accepted."""
    content = body.encode()
    headers = {"Content-Type": "application/json", header: signature(content, at=int(time.time()), secret=secret)}
    try:
        answer = await client.post(url, content=content, headers=headers)
    except httpx.HTTPError as failure:
        return repr(failure)
    return "" if answer.is_success else f"answered {answer.status_code}"


class Sender:
    """A loop that runs `send` whenever something is due or was announced by `wake`."""

    def __init__(self, send: Callable[[httpx.AsyncClient], Awaitable[object]], due: Callable[[], float | None]) -> None:
        """`due` returns the seconds until the next run, or None to wait for `wake`."""
        self._send, self._due = send, due
        self._awake: asyncio.Event | None = None

    def wake(self) -> None:
        """Announce that something may be due; called after each effect."""
        if self._awake is not None:
            self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`."""
        awake = self._awake = asyncio.Event()
        ended = asyncio.create_task(stop.wait())
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
                while not stop.is_set():
                    awake.clear()
                    await self._send(client)
                    woken = asyncio.create_task(awake.wait())
                    await asyncio.wait({ended, woken}, timeout=self._due(), return_when=asyncio.FIRST_COMPLETED)
                    woken.cancel()
        finally:
            ended.cancel()
            self._awake = None
