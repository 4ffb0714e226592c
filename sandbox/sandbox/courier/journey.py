"""Parcels that move by themselves, and a webhook for each movement."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import httpx

from sandbox import webhooks
from sandbox.courier import depot, faults
from sandbox.courier.depot import books

HEADER = "Courier-Signature"
#: How many webhooks are sent at the same time.
AT_ONCE = 8


async def move_and_tell(client: httpx.AsyncClient) -> None:
    try:
        move_due()
    finally:
        await tell_due(client)


def move_due() -> None:
    """Move each parcel that is due. Raises ExceptionGroup, after all were tried, when some did not move."""
    failed: list[Exception] = []
    for row in books.rows("SELECT tracking_number FROM shipments WHERE next_at <= ? LIMIT 200", time.time()):
        try:
            depot.move(row["tracking_number"])
        except Exception as error:
            failed.append(error)
    if failed:
        raise ExceptionGroup("some parcels did not move", failed)


async def tell_due(client: httpx.AsyncClient) -> None:
    """Send each due webhook: in order for one parcel, in parallel for several."""
    mode, url = faults.switch.present.mode, _url()
    if mode == "webhooks_off" or not url:
        return
    if mode == "webhooks_reversed":
        await asyncio.sleep(2.5 * depot.step_seconds())  # wait for several events, so that their order can be reversed
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
    await asyncio.gather(*(_tell(client, gate, url, due, times) for due in by_parcel.values()))


def signature(body: bytes, *, at: int, secret: str | None = None) -> str:
    return webhooks.signature(body, at=at, secret=secret or _secret())


async def _tell(
    client: httpx.AsyncClient, gate: asyncio.Semaphore, url: str, due: list[dict[str, Any]], times: int
) -> None:
    async with gate:
        for webhook in due:
            for _ in range(times):
                await _send(client, url, webhook)


async def _send(client: httpx.AsyncClient, url: str, webhook: dict[str, Any]) -> None:
    body = webhook["body"].encode()
    error = await webhooks.post(client, url, body, headers=webhooks.signed(body, header=HEADER, secret=_secret()))
    if not error:
        books.execute("UPDATE webhooks SET delivered_at = ?, error = '' WHERE id = ?", time.time(), webhook["id"])
        return
    books.execute(
        "UPDATE webhooks SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?",
        time.time() + webhooks.retry_after(webhook["attempts"]),
        error,
        webhook["id"],
    )


def _secret() -> str:
    return os.environ.get("COURIER_WEBHOOK_SECRET") or "sandbox-courier-webhook-secret"


def _url() -> str:
    return os.environ.get("COURIER_WEBHOOK_URL", "http://127.0.0.1:8105/api/v1/carrier-webhooks/sandbox/")


def _until_next() -> float | None:
    """Return the seconds until a movement or webhook is due; None while nothing is."""
    untold = "delivered_at IS NULL" if faults.switch.present.mode != "webhooks_off" and _url() else "FALSE"
    row = books.row(
        f"SELECT MIN(due) AS due FROM (SELECT MIN(next_at) AS due FROM shipments"
        f" UNION ALL SELECT MIN(due_at) FROM webhooks WHERE {untold})"
    )
    return None if row is None or row["due"] is None else max(0.02, row["due"] - time.time())


_sender = webhooks.Sender(move_and_tell, _until_next)
wake, run = _sender.wake, _sender.run
