"""The stand-in's webhooks: signed with a certificate, and on request sent twice, late or in reverse order."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import httpx

from sandbox import webhooks
from sandbox.paypal import certificates, documents
from sandbox.paypal.account import books


@dataclass(frozen=True)
class Delivery:
    """How webhooks are sent. `late_by`: seconds until each is due."""

    url: str = ""
    duplicates: bool = False
    reversed: bool = False
    paused: bool = False
    late_by: float = 0.0


_state: dict[str, Delivery | None] = {"delivery": None}


def delivery() -> Delivery:
    found = _state["delivery"]
    if found is None:
        found = _state["delivery"] = Delivery(url=os.environ.get("SANDBOX_PAYPAL_WEBHOOK_URL", ""))
    return found


def configure(**changes: Any) -> Delivery:
    _state["delivery"] = replace(delivery(), **changes)
    wake()
    return delivery()


def record(event_type: str, resource_type: str, resource: dict[str, Any]) -> None:
    """Record the webhook of an effect, in the same transaction."""
    now, event_id = time.time(), f"WH-{secrets.token_hex(12).upper()}"
    event = {
        "id": event_id,
        "create_time": documents.at(now),
        "resource_type": resource_type,
        "event_version": "1.0",
        "event_type": event_type,
        "summary": event_type.replace(".", " ").lower(),
        "resource_version": "2.0",
        "resource": resource,
        "links": [],
    }
    books.execute(
        "INSERT INTO events (id, body, created_at, due_at) VALUES (?, ?, ?, ?)",
        event_id, json.dumps(event), now, now + delivery().late_by,
    )  # fmt: skip


def headers(body: bytes, *, base: str, at: float | None = None) -> dict[str, str]:
    """Return the headers with which PayPal sends this body."""
    sent, transmission = documents.at(time.time() if at is None else at), secrets.token_hex(16)
    signer = certificates.signer()
    signature = signer.signature(body, transmission_id=transmission, at=sent, webhook_id=webhook_id())
    return {
        "Content-Type": "application/json",
        "PayPal-Transmission-Id": transmission,
        "PayPal-Transmission-Time": sent,
        "PayPal-Transmission-Sig": signature,
        "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Cert-Url": f"{base}/v1/notifications/certs/CERT-{signer.certificate.serial_number:x}",
    }


def webhook_id() -> str:
    return os.environ.get("PAYPAL_WEBHOOK_ID", "SANDBOXWEBHOOK")


async def send_due(client: httpx.AsyncClient) -> None:
    """Send every due event once, or twice, oldest or newest first."""
    how = delivery()
    if how.paused or not how.url:
        return
    order = "DESC" if how.reversed else "ASC"
    due = books.rows(
        f"SELECT * FROM events WHERE delivered_at IS NULL AND due_at <= ? ORDER BY rowid {order} LIMIT 100",
        time.time(),
    )
    for event in due:
        for _ in range(2 if how.duplicates else 1):
            await _send(client, how.url, event)


async def _send(client: httpx.AsyncClient, url: str, event: dict[str, Any]) -> None:
    body, error = event["body"].encode(), ""
    try:
        answer = await client.post(url, content=body, headers=headers(body, base=internal_base()))
        error = "" if answer.is_success else f"answered {answer.status_code}"
    except httpx.HTTPError as failure:
        error = repr(failure)
    now = time.time()
    if error:
        due_at = now + webhooks.retry_after(event["attempts"])
        books.execute(
            "UPDATE events SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?", due_at, error, event["id"]
        )
    else:
        books.execute("UPDATE events SET delivered_at = ?, error = '' WHERE id = ?", now, event["id"])


def internal_base() -> str:
    """Return the address under which the shop reaches this stand-in, for links in webhooks."""
    return os.environ.get("PAYPAL_API_BASE", "http://127.0.0.1:8190/paypal")


def _until_next() -> float | None:
    """Return the seconds until an event is due; None while nothing is."""
    how = delivery()
    if how.paused or not how.url:
        return None
    row = books.row("SELECT MIN(due_at) AS due FROM events WHERE delivered_at IS NULL")
    return None if row is None or row["due"] is None else max(0.05, row["due"] - time.time())


_sender = webhooks.Sender(send_due, _until_next)
wake, run = _sender.wake, _sender.run
