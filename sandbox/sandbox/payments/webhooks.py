"""The card processor's webhooks, which can be sent twice, late or in reverse order on request."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import httpx

from sandbox import webhooks
from sandbox.payments.processor import books

HEADER = "Sandbox-Signature"


@dataclass(frozen=True)
class Delivery:
    """How webhooks are sent. `events` are the types to send (empty: all)."""

    url: str = ""
    duplicates: bool = False
    reversed: bool = False
    paused: bool = False
    events: tuple[str, ...] = ()


_state: dict[str, Delivery | None] = {"delivery": None}


def delivery() -> Delivery:
    found = _state["delivery"]
    if found is None:
        found = _state["delivery"] = Delivery(url=os.environ.get("SANDBOX_PAYMENT_WEBHOOK_URL", ""))
    return found


def configure(**changes: Any) -> Delivery:
    _state["delivery"] = replace(delivery(), **changes)
    wake()
    return delivery()


def signature(body: bytes, *, at: int, secret: str | None = None) -> str:
    return webhooks.signature(body, at=at, secret=secret or _secret())


async def send_due(client: httpx.AsyncClient) -> int:
    """Send every due event once (or twice, or newest first); return how many were accepted."""
    how, sent = delivery(), 0
    if how.paused or not how.url:
        return 0
    if how.reversed:
        await asyncio.sleep(1)  # wait for several events, so that their order can be reversed
    order = "DESC" if how.reversed else "ASC"
    due = books.rows(
        f"SELECT * FROM events WHERE delivered_at IS NULL AND due_at <= ? ORDER BY rowid {order} LIMIT 100",
        time.time(),
    )
    for event in due:
        arrived = [await _send(client, how, event) for _ in range(2 if how.duplicates else 1)]
        sent += all(arrived)
    return sent


async def _send(client: httpx.AsyncClient, how: Delivery, event: dict[str, Any]) -> bool:
    wanted = not how.events or any(f'"type": "{name}"' in event["body"] for name in how.events)
    error = await webhooks.post(client, how.url, event["body"], header=HEADER, secret=_secret()) if wanted else ""
    now = time.time()
    if not error:
        books.execute("UPDATE events SET delivered_at = ?, error = '' WHERE id = ?", now, event["id"])
        return True
    books.execute(
        "UPDATE events SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?",
        now + webhooks.retry_after(event["attempts"]),
        error,
        event["id"],
    )
    return False


def _secret() -> str:
    return os.environ.get("SANDBOX_PAYMENT_WEBHOOK_SECRET", "sandbox-webhook-secret")


def _until_next() -> float | None:
    """Return the seconds until an event is due; None while nothing is."""
    how = delivery()
    if how.paused or not how.url:
        return None
    row = books.row("SELECT MIN(due_at) AS due FROM events WHERE delivered_at IS NULL")
    return None if row is None or row["due"] is None else max(0.05, row["due"] - time.time())


_sender = webhooks.Sender(send_due, _until_next)
wake, run = _sender.wake, _sender.run
