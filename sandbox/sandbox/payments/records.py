"""The processor's records."""

from __future__ import annotations

from sandbox import webhooks
from sandbox.books import Books

SCHEMA = """
CREATE TABLE IF NOT EXISTS authorizations (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, order_id TEXT NOT NULL, metadata TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, card TEXT NOT NULL, status TEXT NOT NULL,
    captured INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0, challenge TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', created_at REAL NOT NULL,
    CHECK (captured <= amount), CHECK (refunded <= captured)
);
CREATE INDEX IF NOT EXISTS authorizations_reference ON authorizations (reference);
CREATE INDEX IF NOT EXISTS authorizations_challenge ON authorizations (challenge);
CREATE INDEX IF NOT EXISTS authorizations_created ON authorizations (created_at, id);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, authorization_id TEXT NOT NULL, reference TEXT NOT NULL, amount INTEGER NOT NULL,
    currency TEXT NOT NULL, created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS refunds_authorization ON refunds (authorization_id);
CREATE TABLE IF NOT EXISTS bounces (refund_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS effects (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, authorization_id TEXT NOT NULL, order_id TEXT NOT NULL,
    reference TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created_at REAL NOT NULL
);
"""
books = Books("payments", SCHEMA + webhooks.SCHEMA)
