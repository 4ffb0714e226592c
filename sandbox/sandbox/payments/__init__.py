"""The sandbox card processor: authorizations, captures, voids, refunds, a challenge page, signed webhooks.

It behaves like a real processor: it requires an API key, remembers idempotency keys for a day, enforces its own rules
and can lose responses. `GET /payments/books/` shows each effect; `POST /payments/faults/` injects faults.
Settings (environment): SANDBOX_HOME, SANDBOX_PAYMENT_KEY,
SANDBOX_PAYMENT_WEBHOOK_URL, SANDBOX_PAYMENT_WEBHOOK_SECRET, SANDBOX_PUBLIC_URL.
"""

from sandbox.payments.routes import routes
from sandbox.payments.webhooks import events

run = events.run

__all__ = ["routes", "run"]
