"""Orders, authorizations, captures, refunds and disputes as PayPal's descriptions define them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from chassis.core.money import Money
from sandbox.paypal import account
from sandbox.paypal.account import VALID, WHOLE

#: How long a seller may take to answer a dispute, in seconds.
ANSWER_WITHIN = 10 * 86_400


def order(row: dict[str, Any], *, base: str, public: str) -> dict[str, Any]:
    currency = row["currency"]
    payments = {
        name: list(shown)
        for name, shown in (
            ("authorizations", _all("authorizations", authorization, row, base)),
            ("captures", _all("captures", capture, row, base)),
            ("refunds", _all("refunds", refund, row, base)),
        )
    }
    unit = {
        "reference_id": "default",
        "amount": money(row["amount"], currency),
        "custom_id": row["custom_id"],
        "invoice_id": row["invoice_id"],
        **({"payments": {name: shown for name, shown in payments.items() if shown}} if any(payments.values()) else {}),
    }
    links = [link(f"{base}/v2/checkout/orders/{row['id']}", "self")]
    if row["status"] == "PAYER_ACTION_REQUIRED":
        links.append(link(f"{public}/paypal/checkoutnow/{row['id']}/", "payer-action"))
    return {
        "id": row["id"],
        "intent": "AUTHORIZE",
        "status": row["status"],
        "create_time": at(row["created_at"]),
        "purchase_units": [unit],
        "links": links,
    }


def authorization(row: dict[str, Any], of: dict[str, Any], base: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": row["status"],
        "amount": money(row["amount"], of["currency"]),
        "custom_id": of["custom_id"],
        "invoice_id": of["invoice_id"],
        "create_time": at(row["created_at"]),
        "update_time": at(row["created_at"]),
        "expiration_time": at(row["created_at"] + VALID.total_seconds()),
        "links": [link(f"{base}/v2/payments/authorizations/{row['id']}", "self")],
    }


def capture(row: dict[str, Any], of: dict[str, Any], base: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": row["status"],
        "amount": money(row["amount"], of["currency"]),
        "final_capture": True,
        "custom_id": of["custom_id"],
        "invoice_id": of["invoice_id"],
        "create_time": at(row["created_at"]),
        "update_time": at(row["created_at"]),
        "links": [link(f"{base}/v2/payments/captures/{row['id']}", "self")],
    }


def refund(row: dict[str, Any], of: dict[str, Any], base: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": row["status"],
        "amount": money(row["amount"], of["currency"]),
        **({"custom_id": row["custom_id"]} if row["custom_id"] else {}),
        "create_time": at(row["created_at"]),
        "update_time": at(row["created_at"]),
        "links": [
            link(f"{base}/v2/payments/refunds/{row['id']}", "self"),
            link(f"{base}/v2/payments/captures/{row['capture_id']}", "up"),
        ],
    }


def dispute(row: dict[str, Any], of: dict[str, Any], base: str) -> dict[str, Any]:
    amount = money(row["amount"], of["currency"])
    return {
        "dispute_id": row["id"],
        "create_time": at(row["created_at"]),
        "update_time": at(row["updated_at"]),
        "disputed_transactions": [
            {"seller_transaction_id": row["capture_id"], "gross_amount": amount, "custom": of["custom_id"]}
        ],
        "reason": row["reason"],
        "status": row["status"],
        "dispute_amount": amount,
        **({"dispute_outcome": {"outcome_code": row["outcome"]}} if row["outcome"] else {}),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "seller_response_due_date": at(row["created_at"] + ANSWER_WITHIN),
        "links": [link(f"{base}/v1/customer/disputes/{row['id']}", "self")],
    }


def money(amount: int, currency: str) -> dict[str, str]:
    major = Money(amount, currency).major
    return {"currency_code": currency, "value": f"{major:.0f}" if currency in WHOLE else f"{major:f}"}


def link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "method": "GET"}


def at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _all(table: str, shape: Any, of: dict[str, Any], base: str) -> Iterable[dict[str, Any]]:
    return (shape(row, of, base) for row in account.rows_of(table, of["id"]))
