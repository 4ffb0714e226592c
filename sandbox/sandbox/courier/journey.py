"""Parcels move by themselves, and each movement is told: signed, retried until it was heard."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from typing import Any

import httpx

from sandbox.courier import depot, faults
from sandbox.courier.depot import books

HEADER = "Courier-Signature"
RETRY_AFTER = (1, 2, 5, 10, 30, 60, 300, 1800, 3600)
#: How many webhooks are under way at once.
AT_ONCE = 8

_state: dict[str, asyncio.Event | None] = {"awake": None}


def wake() -> None:
    """Something has happened: called after each effect."""
    awake = _state["awake"]
    if awake is not None:
        awake.set()


async def run(stop: asyncio.Event) -> None:
    """Until `stop`. Sleeps when no parcel is under way."""
    awake = _state["awake"] = asyncio.Event()
    ended = asyncio.create_task(stop.wait())
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while not stop.is_set():
                awake.clear()
                try:
                    move_due()
                finally:
                    await tell_due(client)
                woken = asyncio.create_task(awake.wait())
                await asyncio.wait({ended, woken}, timeout=_until_next(), return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
    finally:
        ended.cancel()
        _state["awake"] = None


def move_due() -> None:
    """Move each parcel that is due. Raises ExceptionGroup after the others when some did not move."""
    failed: list[Exception] = []
    for row in books.rows("SELECT tracking_number FROM shipments WHERE next_at <= ? LIMIT 200", time.time()):
        try:
            depot.move(row["tracking_number"])
        except Exception as error:
            failed.append(error)
    if failed:
        raise ExceptionGroup("some parcels did not move", failed)


async def tell_due(client: httpx.AsyncClient) -> None:
    """Send each due webhook; those of one parcel after one another, those of several beside each other."""
    mode, url = faults.present().mode, _url()
    if mode == "webhooks_off" or not url:
        return
    if mode == "webhooks_reversed":
        await asyncio.sleep(2.5 * depot.step_seconds())  # let a few gather, so that there is something to reverse
    due = books.rows(
        "SELECT *, json_extract(body, '$.data.tracking_number') AS parcel FROM webhooks"
        " WHERE delivered_at IS NULL AND due_at <= ? ORDER BY rowid LIMIT 200",
        time.time(),
    )
    if mode == "webhooks_reversed":
        due.reverse()
    by_parcel: dict[str, list[dict[str, Any]]] = {}
    for webhook in due:
        by_parcel.setdefault(webhook["parcel"], []).append(webhook)
    gate = asyncio.Semaphore(AT_ONCE)
    times = 2 if mode == "webhooks_twice" else 1
    await asyncio.gather(*(_tell(client, gate, url, webhooks, times) for webhooks in by_parcel.values()))


def signature(body: bytes, *, at: int, secret: str | None = None) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 of "t.body">`."""
    key = secret or os.environ.get("COURIER_WEBHOOK_SECRET") or "sandbox-courier-webhook-secret"
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def _tell(
    client: httpx.AsyncClient, gate: asyncio.Semaphore, url: str, webhooks: list[dict[str, Any]], times: int
) -> None:
    async with gate:
        for webhook in webhooks:
            for _ in range(times):
                await _send(client, url, webhook)


async def _send(client: httpx.AsyncClient, url: str, webhook: dict[str, Any]) -> None:
    body = webhook["body"].encode()
    headers = {"Content-Type": "application/json", HEADER: signature(body, at=int(time.time()))}
    try:
        answer = await client.post(url, content=body, headers=headers)
        error = "" if answer.is_success else f"answered {answer.status_code}"
    except httpx.HTTPError as failure:
        error = repr(failure)
    if not error:
        books.execute("UPDATE webhooks SET delivered_at = ?, error = '' WHERE id = ?", time.time(), webhook["id"])
        return
    pause = RETRY_AFTER[min(webhook["attempts"], len(RETRY_AFTER) - 1)]
    books.execute(
        "UPDATE webhooks SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?",
        time.time() + pause,
        error,
        webhook["id"],
    )


def _url() -> str:
    return os.environ.get("COURIER_WEBHOOK_URL", "http://127.0.0.1:8105/api/v1/carrier-webhooks/sandbox/")


def _until_next() -> float | None:
    """Seconds until something is due; None: until somebody wakes us."""
    untold = "delivered_at IS NULL" if faults.present().mode != "webhooks_off" and _url() else "FALSE"
    row = books.row(
        f"SELECT MIN(due) AS due FROM (SELECT MIN(next_at) AS due FROM shipments"
        f" UNION ALL SELECT MIN(due_at) FROM webhooks WHERE {untold})"
    )
    return None if row is None or row["due"] is None else max(0.02, row["due"] - time.time())
