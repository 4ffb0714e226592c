"""The courier's parcels, labels and events. Each effect is one transaction."""

from __future__ import annotations

import json
import os
import secrets
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sandbox.books import Books
from sandbox.courier import offers, route
from sandbox.courier.offers import Refused

books = Books(
    "courier",
    """
    CREATE TABLE IF NOT EXISTS shipments (
        tracking_number TEXT PRIMARY KEY, reference TEXT NOT NULL, kind TEXT NOT NULL, carrier TEXT NOT NULL,
        service TEXT NOT NULL, order_number TEXT NOT NULL, address TEXT NOT NULL, weight_grams INTEGER NOT NULL,
        contents TEXT NOT NULL, status TEXT NOT NULL, step INTEGER NOT NULL, next_at REAL, created_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS shipments_reference ON shipments (reference);
    CREATE INDEX IF NOT EXISTS shipments_next ON shipments (next_at);
    CREATE TABLE IF NOT EXISTS events (
        id TEXT PRIMARY KEY, tracking_number TEXT NOT NULL, status TEXT NOT NULL, description TEXT NOT NULL,
        location TEXT NOT NULL, occurred_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS events_of ON events (tracking_number);
    CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, tracking_number TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS webhooks (
        id TEXT PRIMARY KEY, body TEXT NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        delivered_at REAL, error TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (delivered_at, due_at);
    """,
)

#: Final states.
ENDED = ("delivered", "received", "returned_to_sender", "lost", "damaged", "canceled")


def create(order: dict[str, Any], *, key: str) -> dict[str, Any]:
    """Create a label. A repeated key returns the same label, another key another label, as at real carriers."""
    request = json.dumps(order, sort_keys=True)
    offers.check(order)
    with books.transaction():
        answered = books.row("SELECT * FROM answers WHERE key = ?", key)
        if answered:
            if answered["request"] != request:
                raise Refused(409, "key_reused", "This Idempotency-Key was used for another request.")
            return shipment(answered["tracking_number"])
        number = _tracking_number(order)
        books.execute(
            "INSERT INTO shipments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'label_created', 0, ?, ?)",
            number,
            order["reference"],
            order["kind"],
            order["carrier"],
            order["service"],
            order.get("order_number", ""),
            json.dumps(order["address"]),
            order["weight_grams"],
            json.dumps(order.get("contents", [])),
            time.time() + step_seconds(),
            _now(),
        )
        books.execute("INSERT INTO answers VALUES (?, ?, ?)", key, request, number)
        _happened(number, order["reference"], route.LABEL_CREATED)
    return shipment(number)


def cancel(number: str) -> dict[str, Any]:
    """Cancel the label, unless the parcel was picked up. Repeating it changes nothing."""
    with books.transaction():
        found = shipment(number)
        if found["status"] == "canceled":
            return found
        if found["status"] != "label_created":
            raise Refused(409, "already_picked_up", "The parcel has been picked up and can no longer be canceled.")
        books.execute(
            "UPDATE shipments SET status = 'canceled', next_at = NULL WHERE tracking_number = ?",
            found["tracking_number"],
        )
        _happened(number, found["reference"], route.CANCELED)
    return shipment(number)


def move(number: str) -> None:
    """Move a parcel to its next step."""
    with books.transaction():
        found = shipment(number)
        steps = route.steps(found)
        if found["next_at"] is None or found["step"] >= len(steps):
            return
        happening, is_last = steps[found["step"]], found["step"] + 1 == len(steps)
        books.execute(
            "UPDATE shipments SET status = ?, step = step + 1, next_at = ? WHERE tracking_number = ?",
            happening.status,
            None if is_last else time.time() + step_seconds(),
            number,
        )
        _happened(number, found["reference"], happening)


def shipment(number: str) -> dict[str, Any]:
    found = books.row("SELECT * FROM shipments WHERE tracking_number = ?", number)
    if found is None:
        raise Refused(404, "not_found", f"There is no parcel {number[:40]}.")
    return _read(found)


def search(reference: str) -> list[dict[str, Any]]:
    found = books.rows("SELECT * FROM shipments WHERE reference = ? ORDER BY created_at, tracking_number", reference)
    return [_read(row) for row in found]


def timeline(number: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return books.rows(
        "SELECT id, status, description, location, occurred_at FROM events WHERE tracking_number = ? ORDER BY rowid",
        number,
    )


def everything() -> dict[str, Any]:
    """Return every label and event."""
    shipments = [_read(row) for row in books.rows("SELECT * FROM shipments ORDER BY created_at, tracking_number")]
    return {
        "shipments": shipments,
        "labels": len(shipments),
        "canceled": sum(row["status"] == "canceled" for row in shipments),
        "events": books.rows("SELECT * FROM events ORDER BY rowid"),
        "webhooks_undelivered": books.rows("SELECT COUNT(*) AS n FROM webhooks WHERE delivered_at IS NULL")[0]["n"],
    }


def step_seconds() -> float:
    return float(os.environ.get("COURIER_STEP_SECONDS") or 3)


def _happened(number: str, reference: str, happening: route.Happening) -> None:
    """Record an event and its webhook."""
    event = {
        "id": f"ev_{uuid4().hex}",
        "status": happening.status,
        "description": happening.description,
        "location": happening.location,
        "occurred_at": _now(),
    }
    books.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", event["id"], number, *list(event.values())[1:])
    webhook_id = f"wh_{uuid4().hex}"
    body = {
        "id": webhook_id,
        "type": "tracking.updated",
        "data": {"tracking_number": number, "reference": reference, "event": event},
    }
    books.execute("INSERT INTO webhooks (id, body, due_at) VALUES (?, ?, ?)", webhook_id, json.dumps(body), time.time())


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "address": json.loads(row["address"]), "contents": json.loads(row["contents"])}


def _tracking_number(order: dict[str, Any]) -> str:
    """Return a tracking number in the UPU's format S10: two letters, eight digits, a check digit, the country."""
    digits = f"{secrets.randbelow(10**8):08d}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = {10: 0, 11: 5}.get(11 - weighted % 11, 11 - weighted % 11)
    brand = offers.BRANDS[order["carrier"]]
    return f"{brand.prefix}{digits}{check}DE"


def _now() -> str:
    return datetime.now(UTC).isoformat()
