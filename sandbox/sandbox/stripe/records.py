"""What the stand-in for Stripe keeps: its objects and the answers to idempotency keys, as Stripe shows them."""

from __future__ import annotations

import json
from typing import Any

from sandbox import webhooks
from sandbox.books import Books
from sandbox.stripe.account import Account

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER, body TEXT NOT NULL);
"""
books = Books("stripe", SCHEMA + webhooks.SCHEMA)


def keep_object(found: dict[str, Any]) -> None:
    books.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", found["id"], found["object"], json.dumps(found))


def keep_key(account: Account, key: str) -> None:
    fingerprint, status, body = account.keys[key]
    books.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)", key, fingerprint, status, json.dumps(body))


def restored() -> Account:
    """Return the account with everything that was kept."""
    account = Account()
    for row in books.rows("SELECT * FROM objects ORDER BY rowid"):
        account.table(row["kind"])[row["id"]] = json.loads(row["body"])
    for row in books.rows("SELECT * FROM keys"):
        account.keys[row["key"]] = (row["fingerprint"], row["status"], json.loads(row["body"]))
    return account
