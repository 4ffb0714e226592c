"""Webhooks leave as they do from a real processor: signed, retried, and when told so twice, late or reversed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import httpx

from sandbox.payments.processor import books

HEADER = "Sandbox-Signature"
RETRY_AFTER = (1, 2, 5, 10, 30, 60, 300, 1800, 3600)


@dataclass(frozen=True)
class Delivery:
    """How webhooks are sent. `events`: which types (empty: all)."""

    url: str = ""
    duplicates: bool = False
    reversed: bool = False
    paused: bool = False
    events: tuple[str, ...] = ()


_state: dict[str, Any] = {"delivery": None, "wake": None}


def delivery() -> Delivery:
    if _state["delivery"] is None:
        _state["delivery"] = Delivery(url=os.environ.get("SANDBOX_PAYMENT_WEBHOOK_URL", ""))
    found: Delivery = _state["delivery"]
    return found


def configure(**changes: Any) -> Delivery:
    _state["delivery"] = replace(delivery(), **changes)
    wake()
    return delivery()


def wake() -> None:
    """Something may be due: called after each effect."""
    if _state["wake"] is not None:
        _state["wake"].set()


def signature(body: bytes, *, at: int, secret: str | None = None) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, Stripe's scheme."""
    key = secret or os.environ.get("SANDBOX_PAYMENT_WEBHOOK_SECRET", "sandbox-webhook-secret")
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def run(stop: asyncio.Event) -> None:
    """Send what is due until `stop`. Sleeps when there is nothing to send."""
    awake = _state["wake"] = asyncio.Event()
    ended = asyncio.create_task(stop.wait())
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while not stop.is_set():
                awake.clear()
                await send_due(client)
                woken = asyncio.create_task(awake.wait())
                await asyncio.wait({ended, woken}, timeout=_until_next(), return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
    finally:
        ended.cancel()
        _state["wake"] = None


async def send_due(client: httpx.AsyncClient) -> int:
    """Send every due event once (or twice, or newest first); how many arrived."""
    how, sent = delivery(), 0
    if how.paused or not how.url:
        return 0
    if how.reversed:
        await asyncio.sleep(1)  # let a few gather, so that there is something to reverse
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
    body = event["body"].encode()
    if how.events and not any(f'"type": "{name}"' in event["body"] for name in how.events):
        error = ""
    else:
        headers = {"Content-Type": "application/json", HEADER: signature(body, at=int(time.time()))}
        try:
            answer = await client.post(how.url, content=body, headers=headers)
            error = "" if answer.is_success else f"answered {answer.status_code}"
        except httpx.HTTPError as failure:
            error = repr(failure)
    now = time.time()
    if not error:
        books.execute("UPDATE events SET delivered_at = ?, error = '' WHERE id = ?", now, event["id"])
        return True
    wait = RETRY_AFTER[min(event["attempts"], len(RETRY_AFTER) - 1)]
    books.execute(
        "UPDATE events SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?", now + wait, error, event["id"]
    )
    return False


def _until_next() -> float | None:
    """Seconds until an event is due; None: until somebody wakes us."""
    how = delivery()
    if how.paused or not how.url:
        return None
    row = books.row("SELECT MIN(due_at) AS due FROM events WHERE delivered_at IS NULL")
    return None if row is None or row["due"] is None else max(0.05, row["due"] - time.time())
