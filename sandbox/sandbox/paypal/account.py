"""The merchant's account at the stand-in: tables, operations and refusals. Each effect is one row in `effects`.

Amounts are kept in minor units by ISO 4217; PayPal writes them in major units, without decimals in some currencies.
"""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.core.money import AmountNotReadable, Money
from sandbox import webhooks
from sandbox.books import Books
from sandbox.paypal.refusals import Refusal, unprocessable

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, custom_id TEXT NOT NULL, invoice_id TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, return_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL, declines INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS authorizations (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, status TEXT NOT NULL, amount INTEGER NOT NULL,
    created_at REAL NOT NULL, reauthorized INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS captures (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, authorization_id TEXT NOT NULL, status TEXT NOT NULL,
    amount INTEGER NOT NULL, created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, capture_id TEXT NOT NULL, status TEXT NOT NULL,
    amount INTEGER NOT NULL, custom_id TEXT NOT NULL, created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS disputes (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, capture_id TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT NOT NULL,
    amount INTEGER NOT NULL, reason TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS effects (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, order_id TEXT NOT NULL, reference TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS request_ids (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, method TEXT NOT NULL, path TEXT NOT NULL, request_id TEXT NOT NULL, body TEXT NOT NULL,
    status INTEGER NOT NULL, at REAL NOT NULL
);
"""
books = Books("paypal", SCHEMA + webhooks.SCHEMA)
TABLES = (
    "orders", "authorizations", "captures", "refunds", "disputes", "effects", "request_ids", "requests", "events",
)  # fmt: skip

#: Currencies that PayPal takes without decimals only.
WHOLE = frozenset({"HUF", "JPY", "TWD"})
#: How long the money of an authorization is certain, and how long it may be captured at all.
HONOR_PERIOD = timedelta(days=3)
VALID = timedelta(days=29)


#: The access tokens that were given out.
tokens: set[str] = set()


def create_order(asked: dict[str, Any]) -> str:
    """Create an order that waits for the buyer, and return its id."""
    try:
        (unit,) = asked["purchase_units"]
        context = asked["payment_source"]["paypal"]["experience_context"]
        amount = _amount(unit["amount"])
        values = (unit["custom_id"], unit["invoice_id"], context["return_url"], context["cancel_url"])
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER") from error
    if asked.get("intent") != "AUTHORIZE":
        raise unprocessable("UNSUPPORTED_INTENT")
    custom_id, invoice_id, return_url, cancel_url = values
    order_id = secrets.token_hex(8).upper() + "X"
    books.execute(
        "INSERT INTO orders VALUES (?, 'PAYER_ACTION_REQUIRED', ?, ?, ?, ?, ?, ?, 0, ?)",
        order_id, custom_id, invoice_id, amount.amount, amount.currency, return_url, cancel_url, time.time(),
    )  # fmt: skip
    return order_id


def approve(order_id: str, *, declines: bool = False) -> dict[str, Any]:
    """The buyer agrees. `declines`: but the bank will refuse the money."""
    order = found("orders", order_id)
    if order["status"] == "PAYER_ACTION_REQUIRED":
        books.execute("UPDATE orders SET status = 'APPROVED', declines = ? WHERE id = ?", int(declines), order_id)
    return found("orders", order_id)


def authorize(order_id: str) -> str:
    """Hold the money of an order that the buyer has approved, and return the authorization's id."""
    order = found("orders", order_id)
    if order["status"] == "COMPLETED":
        raise unprocessable("ORDER_ALREADY_AUTHORIZED")
    if order["status"] != "APPROVED":
        raise unprocessable("ORDER_NOT_APPROVED")
    if order["declines"]:
        raise unprocessable("PAYER_CANNOT_PAY")
    made = _authorize(order, order["amount"])
    books.execute("UPDATE orders SET status = 'COMPLETED' WHERE id = ?", order_id)
    return made


def _authorize(order: dict[str, Any], amount: int, *, reauthorized: bool = False) -> str:
    made = _new_id()
    books.execute(
        "INSERT INTO authorizations VALUES (?, ?, 'CREATED', ?, ?, ?)",
        made, order["id"], amount, time.time(), int(reauthorized),
    )  # fmt: skip
    _effect("reauthorization" if reauthorized else "authorization", order, amount)
    return made


def reauthorize(authorization_id: str) -> str:
    """Hold the money of an authorization again after its honor period, once, and return the new one's id."""
    held = found("authorizations", authorization_id)
    if held["status"] != "CREATED" or held["reauthorized"] or not HONOR_PERIOD < _age(held) <= VALID:
        raise unprocessable("REAUTHORIZATION_NOT_SUPPORTED")
    books.execute("UPDATE authorizations SET status = 'VOIDED' WHERE id = ?", authorization_id)
    return _authorize(found("orders", held["order_id"]), held["amount"], reauthorized=True)


def capture(authorization_id: str, asked: dict[str, Any]) -> str:
    """Collect held money, and return the capture's id."""
    held = found("authorizations", authorization_id)
    order = found("orders", held["order_id"])
    match held["status"]:
        case "CAPTURED":
            raise unprocessable("AUTHORIZATION_ALREADY_CAPTURED")
        case "VOIDED":
            raise unprocessable("AUTHORIZATION_VOIDED")
    if _age(held) > VALID:
        raise unprocessable("AUTHORIZATION_EXPIRED")
    amount = _amount(asked["amount"]) if "amount" in asked else Money(held["amount"], order["currency"])
    if amount.currency != order["currency"]:
        raise unprocessable("AUTH_CAPTURE_CURRENCY_MISMATCH")
    if amount.amount > held["amount"]:
        raise unprocessable("MAX_CAPTURE_AMOUNT_EXCEEDED")
    made = _new_id()
    books.execute(
        "INSERT INTO captures VALUES (?, ?, ?, 'COMPLETED', ?, ?)",
        made, order["id"], authorization_id, amount.amount, time.time(),
    )  # fmt: skip
    books.execute("UPDATE authorizations SET status = 'CAPTURED' WHERE id = ?", authorization_id)
    _effect("capture", order, amount.amount)
    return made


def void(authorization_id: str) -> None:
    """Release held money."""
    held = found("authorizations", authorization_id)
    if held["status"] == "VOIDED":
        raise unprocessable("PREVIOUSLY_VOIDED")
    if held["status"] == "CAPTURED":
        raise unprocessable("PREVIOUSLY_CAPTURED")
    books.execute("UPDATE authorizations SET status = 'VOIDED' WHERE id = ?", authorization_id)
    _effect("void", found("orders", held["order_id"]), held["amount"])


def refund(capture_id: str, asked: dict[str, Any], *, pending: bool = False) -> str:
    """Return a part of captured money, and return the refund's id. `pending`: it ends later, by `end_refund`."""
    taken = found("captures", capture_id)
    order = found("orders", taken["order_id"])
    amount = _amount(asked["amount"]) if "amount" in asked else Money(taken["amount"], order["currency"])
    if amount.currency != order["currency"]:
        raise unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH")
    if amount.amount > taken["amount"] - _refunded(capture_id, "COMPLETED", "PENDING"):
        raise unprocessable("REFUND_AMOUNT_EXCEEDED")
    made, custom_id = _new_id(), str(asked.get("custom_id", ""))
    books.execute(
        "INSERT INTO refunds VALUES (?, ?, ?, 'PENDING', ?, ?, ?)",
        made, order["id"], capture_id, amount.amount, custom_id, time.time(),
    )  # fmt: skip
    if not pending:
        end_refund(made, "COMPLETED")
    return made


def end_refund(refund_id: str, status: str) -> dict[str, Any]:
    """End a pending refund, or fail one that had been completed: `COMPLETED`, `FAILED`, `CANCELLED`."""
    row = found("refunds", refund_id)
    order = found("orders", row["order_id"])
    books.execute("UPDATE refunds SET status = ? WHERE id = ?", status, refund_id)
    if status == "COMPLETED":
        _effect("refund", order, row["amount"], row["custom_id"])
    elif row["status"] == "COMPLETED":
        _effect("bounce", order, row["amount"], row["custom_id"])
    taken = found("captures", row["capture_id"])
    back = _refunded(taken["id"], "COMPLETED")
    state = "REFUNDED" if back == taken["amount"] else "PARTIALLY_REFUNDED" if back else "COMPLETED"
    books.execute("UPDATE captures SET status = ? WHERE id = ?", state, taken["id"])
    return found("refunds", refund_id)


def dispute(capture_id: str) -> dict[str, Any]:
    """The buyer disputes a capture."""
    taken = found("captures", capture_id)
    made, now = f"PP-D-{secrets.randbelow(10**5)}", time.time()
    books.execute(
        "INSERT INTO disputes VALUES (?, ?, ?, 'WAITING_FOR_SELLER_RESPONSE', '', ?, ?, ?, ?)",
        made, taken["order_id"], capture_id, taken["amount"], "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", now, now,
    )  # fmt: skip
    return found("disputes", made)


def settle_dispute(dispute_id: str, outcome: str) -> dict[str, Any]:
    """PayPal decides: `RESOLVED_BUYER_FAVOUR`, `RESOLVED_SELLER_FAVOUR` and so on."""
    found("disputes", dispute_id)
    books.execute(
        "UPDATE disputes SET status = 'RESOLVED', outcome = ?, updated_at = ? WHERE id = ?",
        outcome, time.time(), dispute_id,
    )  # fmt: skip
    return found("disputes", dispute_id)


def grow_older(authorization_id: str, days: float) -> None:
    books.execute("UPDATE authorizations SET created_at = created_at - ? WHERE id = ?", days * 86_400, authorization_id)


def found(table: str, id_: str) -> dict[str, Any]:
    row = books.row(f"SELECT * FROM {table} WHERE id = ?", id_)
    if row is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    return row


def rows_of(table: str, order_id: str) -> list[dict[str, Any]]:
    return books.rows(f"SELECT * FROM {table} WHERE order_id = ? ORDER BY rowid", order_id)


def whole_books() -> dict[str, Any]:
    """Return each effect and each request, with sums, for tests that compare them with the shop's records."""
    effects = books.rows("SELECT * FROM effects ORDER BY id")
    kinds = ("authorization", "reauthorization", "capture", "void", "refund", "bounce")
    return {
        "effects": effects,
        "requests": books.rows("SELECT * FROM requests ORDER BY id"),
        "totals": {kind: sum(e["amount"] for e in effects if e["kind"] == kind) for kind in kinds},
    }


def record_request(method: str, path: str, request_id: str, body: dict[str, Any], status: int) -> None:
    books.execute(
        "INSERT INTO requests (method, path, request_id, body, status, at) VALUES (?, ?, ?, ?, ?, ?)",
        method, path, request_id, json.dumps(body), status, time.time(),
    )  # fmt: skip


def _amount(given: dict[str, Any]) -> Money:
    currency, value = str(given["currency_code"]), str(given["value"])
    if currency in WHOLE and "." in value:
        raise unprocessable("DECIMALS_NOT_SUPPORTED")
    try:
        amount = Money.parse(value, currency)
    except AmountNotReadable as error:
        raise unprocessable("DECIMAL_PRECISION") from error
    if amount.amount <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
    return amount


def _refunded(capture_id: str, *statuses: str) -> int:
    marks = ", ".join("?" * len(statuses))
    row = books.row(
        f"SELECT COALESCE(SUM(amount), 0) AS sum FROM refunds WHERE capture_id = ? AND status IN ({marks})",
        capture_id, *statuses,
    )  # fmt: skip
    assert row is not None
    return int(row["sum"])


def _age(row: dict[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(row["created_at"], UTC)


def _effect(kind: str, order: dict[str, Any], amount: int, reference: str = "") -> None:
    books.execute(
        "INSERT INTO effects (kind, order_id, reference, amount, currency, at) VALUES (?, ?, ?, ?, ?, ?)",
        kind, order["id"], reference or order["custom_id"], amount, order["currency"], time.time(),
    )  # fmt: skip


def _new_id() -> str:
    return secrets.token_hex(8).upper() + "P"
