"""Sending webhooks as real providers do: signed, and retried until they are accepted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.books import Books

#: Events in a provider's records, each written in the transaction of its effect.
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at REAL NOT NULL, due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, delivered_at REAL, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS events_due ON events (delivered_at, due_at);
"""

_RETRY_AFTER = (1, 2, 5, 10, 30, 60, 300, 1800, 3600)


def retry_after(attempts: int) -> int:
    """Return the seconds until the next attempt, after so many have failed."""
    return _RETRY_AFTER[min(attempts, len(_RETRY_AFTER) - 1)]


def signature(body: bytes, *, at: int, secret: str) -> str:
    """Return `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, Stripe's scheme."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def signed(body: bytes, *, header: str, secret: str) -> dict[str, str]:
    """Return the headers of a webhook with Stripe's signature."""
    return {"Content-Type": "application/json", header: signature(body, at=int(time.time()), secret=secret)}


async def post(client: httpx.AsyncClient, url: str, body: bytes, *, headers: dict[str, str]) -> str:
    """Send one webhook; return the error, or "" when it was accepted."""
    try:
        answer = await client.post(url, content=body, headers=headers)
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


@dataclass(frozen=True)
class Delivery:
    """How webhooks are sent. `late_by`: seconds until each is due; `events`: the types to send (empty: all)."""

    url: str = ""
    duplicates: bool = False
    reversed: bool = False
    paused: bool = False
    late_by: float = 0.0
    events: Sequence[str] = ()


class Events:
    """The events of one provider, sent as webhooks until each is accepted."""

    def __init__(self, books: Books, variable: str, headers: Callable[[bytes], dict[str, str]]) -> None:
        """`variable` names the setting with the shop's address; `headers` returns the headers of a body, signed."""
        self._books, self._variable, self._headers = books, variable, headers
        self._delivery: Delivery | None = None
        self._sender = Sender(self.send_due, self._until_next)
        self.wake, self.run = self._sender.wake, self._sender.run

    @property
    def delivery(self) -> Delivery:
        return self._delivery or Delivery(url=os.environ.get(self._variable, ""))

    def configure(self, **changes: Any) -> None:
        """Change how webhooks are sent."""
        self._delivery = replace(self.delivery, **changes)
        self.wake()

    def reset(self) -> None:
        """Send them as the settings say."""
        self._delivery = None

    def record(self, event_id: str, body: str) -> None:
        """Record an event, in the transaction of its effect."""
        now = time.time()
        self._books.execute(
            "INSERT INTO events (id, body, created_at, due_at) VALUES (?, ?, ?, ?)",
            event_id, body, now, now + self.delivery.late_by,
        )  # fmt: skip

    async def send_due(self, client: httpx.AsyncClient) -> int:
        """Send every due event once, or twice, oldest or newest first; return the number of accepted ones."""
        how = self.delivery
        if how.paused or not how.url:
            return 0
        if how.reversed:
            await asyncio.sleep(1)  # wait for several events, so that their order can be reversed
        order = "DESC" if how.reversed else "ASC"
        due = self._books.rows(
            f"SELECT * FROM events WHERE delivered_at IS NULL AND due_at <= ? ORDER BY rowid {order} LIMIT 100",
            time.time(),
        )
        accepted = 0
        for event in due:
            accepted += all([await self._send(client, how, event) for _ in range(2 if how.duplicates else 1)])
        return accepted

    def undelivered(self) -> int:
        (row,) = self._books.rows("SELECT COUNT(*) AS count FROM events WHERE delivered_at IS NULL")
        return int(row["count"])

    async def _send(self, client: httpx.AsyncClient, how: Delivery, event: dict[str, Any]) -> bool:
        wanted = not how.events or any(f'"type": "{name}"' in event["body"] for name in how.events)
        body = event["body"].encode()
        error = await post(client, how.url, body, headers=self._headers(body)) if wanted else ""
        now = time.time()
        if not error:
            self._books.execute("UPDATE events SET delivered_at = ?, error = '' WHERE id = ?", now, event["id"])
            return True
        due_at = now + retry_after(event["attempts"])
        self._books.execute(
            "UPDATE events SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?", due_at, error, event["id"]
        )
        return False

    def _until_next(self) -> float | None:
        """Return the seconds until an event is due; None while nothing is."""
        how = self.delivery
        if how.paused or not how.url:
            return None
        row = self._books.row("SELECT MIN(due_at) AS due FROM events WHERE delivered_at IS NULL")
        return None if row is None or row["due"] is None else max(0.05, row["due"] - time.time())


def settings_route(path: str, events: Events) -> Route:
    """Return the address at which a test says how webhooks are sent: POST with any fields of `Delivery`."""

    async def view(request: Request) -> Response:
        if request.method == "POST":
            asked = await request.json()
            names = [field.name for field in fields(Delivery) if field.name in asked]
            events.configure(**{name: asked[name] for name in names})
        return JSONResponse({**vars(events.delivery), "undelivered": events.undelivered()})

    return Route(path, view, methods=["GET", "POST"])
