"""The processor's operations and refusals. Each effect is one row in `effects`, in the same transaction."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from sandbox.payments.records import books
from sandbox.payments.webhooks import events

#: Seconds; Stripe may forget a key after the same time.
KEY_LIFETIME = 24 * 3600.0

DECLINES = {
    "card_declined": ("card_declined", "The bank declined the card."),
    "card_insufficient_funds": ("insufficient_funds", "There is not enough money on the card."),
}
CARDS = {
    "card_ok", "card_action_required", "card_timeout", "card_capture_timeout", "card_capture_fails", *DECLINES,
}  # fmt: skip
#: Cards whose call hangs after the work, by operation.
HANGS = {("card_timeout", "authorize"), ("card_capture_timeout", "capture")}


class Refusal(Exception):
    """The processor refuses, with a status and a stable code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


def authorize(asked: dict[str, Any]) -> str:
    """Authorize a payment and return its id. A declined authorization is stored too."""
    amount, currency, card = asked.get("amount"), asked.get("currency"), asked.get("payment_method")
    metadata = asked.get("metadata") or {}
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < 10**12:
        raise Refusal(400, "invalid_amount", "amount must be a positive whole number of minor units.")
    if not isinstance(currency, str) or len(currency) != 3 or not isinstance(metadata, dict):
        raise Refusal(400, "invalid_request", "currency must be an ISO 4217 code, metadata an object.")
    if card not in CARDS:
        raise Refusal(400, "unknown_payment_method", "There is no such payment method.")
    code, message = DECLINES.get(card, ("", ""))
    status = "declined" if code else "requires_action" if card == "card_action_required" else "authorized"
    made = f"auth_{secrets.token_hex(12)}"
    books.execute(
        "INSERT INTO authorizations (id, reference, order_id, metadata, amount, currency, card, status, challenge,"
        " code, message, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        made, str(asked.get("reference", "")), str(metadata.get("order_id", "")), json.dumps(metadata), amount,
        currency.upper(), card, status, secrets.token_urlsafe(18), code, message, time.time(),
    )  # fmt: skip
    _tell(made, status)
    if status == "authorized":
        _effect("authorization", found(made), amount)
    return made


def capture(authorization_id: str, amount: int | None = None) -> None:
    row = found(authorization_id)
    if row["status"] != "authorized":
        raise Refusal(409, f"authorization_{row['status']}", f"The authorization is {row['status']}.")
    if row["card"] == "card_capture_fails":
        raise Refusal(402, "capture_failed", "The bank has withdrawn the authorization.")
    amount = row["amount"] if amount is None else amount
    if not isinstance(amount, int) or not 0 < amount <= row["amount"]:
        raise Refusal(400, "invalid_amount", "Capture at most what was authorized.")
    books.execute("UPDATE authorizations SET status = 'captured', captured = ? WHERE id = ?", amount, row["id"])
    _effect("capture", row, amount)
    _tell(row["id"], "captured")


def void(authorization_id: str) -> None:
    row = found(authorization_id)
    if row["status"] not in {"authorized", "requires_action"}:
        raise Refusal(409, f"authorization_{row['status']}", f"The authorization is {row['status']}.")
    books.execute("UPDATE authorizations SET status = 'voided' WHERE id = ?", row["id"])
    _effect("void", row, row["amount"])
    _tell(row["id"], "voided")


def refund(authorization_id: str, amount: Any, reference: str) -> str:
    """Refund all or part of the captured amount; return the refund's id."""
    row = found(authorization_id)
    if row["status"] != "captured":
        raise Refusal(409, "not_captured", "Only captured money can be refunded.")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise Refusal(400, "invalid_amount", "amount must be a positive whole number of minor units.")
    if row["refunded"] + amount > row["captured"]:
        raise Refusal(409, "refund_exceeds_captured", "That is more than is left of the captured amount.")
    made = f"re_{secrets.token_hex(12)}"
    books.execute(
        "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)",
        made, row["id"], reference, amount, row["currency"], time.time(),
    )  # fmt: skip
    books.execute("UPDATE authorizations SET refunded = refunded + ? WHERE id = ?", amount, row["id"])
    _effect("refund", row, amount, reference)
    _tell(row["id"], "refunded")
    return made


def bounce(refund_id: str) -> str:
    """Return a refund from the customer's bank, as happens weeks later; return the authorization's id."""
    refund = books.row("SELECT * FROM refunds WHERE id = ?", refund_id)
    if refund is None:
        raise Refusal(404, "not_found", "There is no such refund.")
    row = found(refund["authorization_id"])
    if books.row("SELECT 1 FROM bounces WHERE refund_id = ?", refund_id) is None:
        books.execute("INSERT INTO bounces VALUES (?)", refund_id)
        books.execute("UPDATE authorizations SET refunded = refunded - ? WHERE id = ?", refund["amount"], row["id"])
        _effect("bounce", row, refund["amount"], refund["reference"])
        _tell(row["id"], "refund_bounced")
    return str(row["id"])


def answer_challenge(challenge: str, *, confirmed: bool) -> dict[str, Any]:
    """Confirm or refuse a challenge. Later answers change nothing."""
    row = challenged(challenge)
    if row["status"] == "requires_action":
        status = "authorized" if confirmed else "declined"
        code, message = ("", "") if confirmed else ("authentication_refused", "The buyer refused the payment.")
        books.execute(
            "UPDATE authorizations SET status = ?, code = ?, message = ? WHERE id = ?", status, code, message, row["id"]
        )
        if confirmed:
            _effect("authorization", row, row["amount"])
        _tell(row["id"], status)
    return challenged(challenge)


def found(authorization_id: str) -> dict[str, Any]:
    row = books.row("SELECT * FROM authorizations WHERE id = ?", authorization_id)
    if row is None:
        raise Refusal(404, "not_found", "There is no such authorization.")
    return row


def challenged(challenge: str) -> dict[str, Any]:
    row = books.row("SELECT * FROM authorizations WHERE challenge = ?", challenge)
    if row is None:
        raise Refusal(404, "not_found", "There is no such page.")
    return row


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return an authorization with its refunds, as the API shows it."""
    refunds = books.rows("SELECT * FROM refunds WHERE authorization_id = ? ORDER BY created_at, id", row["id"])
    return {
        **{name: row[name] for name in ("id", "reference", "status", "amount", "currency", "captured", "refunded")},
        **{name: row[name] for name in ("code", "message", "created_at")},
        "metadata": json.loads(row["metadata"]),
        "challenge": row["challenge"] if row["status"] == "requires_action" else None,
        "refunds": [shown_refund(refund) for refund in refunds],
    }


def shown_refund(row: dict[str, Any]) -> dict[str, Any]:
    bounced = books.row("SELECT 1 FROM bounces WHERE refund_id = ?", row["id"])
    return {**row, "status": "failed" if bounced else "succeeded"}


def whole_books() -> dict[str, Any]:
    """Return every effect, with sums, for tests that compare it with the shop's records."""
    effects = books.rows("SELECT * FROM effects ORDER BY id")
    kinds = {"authorization": "authorizations", "capture": "captures", "void": "voids", "refund": "refunds"}
    return {
        **{plural: [e for e in effects if e["kind"] == kind] for kind, plural in kinds.items()},
        "bounces": [e for e in effects if e["kind"] == "bounce"],
        "totals": {plural: sum(e["amount"] for e in effects if e["kind"] == kind) for kind, plural in kinds.items()},
    }


def _effect(kind: str, row: dict[str, Any], amount: int, reference: str = "") -> None:
    books.execute(
        "INSERT INTO effects (kind, authorization_id, order_id, reference, amount, currency, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        kind, row["id"], row["order_id"], reference or row["reference"], amount, row["currency"], time.time(),
    )  # fmt: skip


def _tell(authorization_id: str, what: str) -> None:
    """Record the webhook of an effect, in the same transaction."""
    event_id = f"evt_{secrets.token_hex(12)}"
    shape = shown(found(authorization_id))
    shape.pop("challenge")
    body = {"id": event_id, "type": f"authorization.{what}", "created": int(time.time()), "data": {"object": shape}}
    events.record(event_id, json.dumps(body))
