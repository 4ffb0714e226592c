"""The stand-in's webhooks, which can be sent twice, late or in reverse order on request."""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import Any

from sandbox import webhooks
from sandbox.stripe.records import books


def record(type_: str, shown: dict[str, Any]) -> None:
    """Record the event of a change, in the same transaction."""
    event_id = f"evt_{secrets.token_hex(12)}"
    event = {
        "id": event_id,
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
        "data": {"object": shown},
    }
    events.record(event_id, json.dumps(event))


def headers(body: bytes) -> dict[str, str]:
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET") or "whsec_sandbox"
    return webhooks.signed(body, header="Stripe-Signature", secret=secret)


events = webhooks.Events(books, "SANDBOX_STRIPE_WEBHOOK_URL", headers)
