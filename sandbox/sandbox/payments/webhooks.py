"""The card processor's webhooks, which can be sent twice, late or in reverse order on request."""

from __future__ import annotations

import os

from sandbox import webhooks
from sandbox.payments.records import books

HEADER = "Sandbox-Signature"


def signature(body: bytes, *, at: int, secret: str | None = None) -> str:
    return webhooks.signature(body, at=at, secret=secret or _secret())


def _secret() -> str:
    return os.environ.get("SANDBOX_PAYMENT_WEBHOOK_SECRET", "sandbox-webhook-secret")


events = webhooks.Events(
    books, "SANDBOX_PAYMENT_WEBHOOK_URL", lambda body: webhooks.signed(body, header=HEADER, secret=_secret())
)
