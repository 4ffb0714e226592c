"""The sandbox card processor: authorizations, captures, voids, refunds, a challenge page, signed webhooks.

It behaves as the real ones do: an API key, idempotency keys that it forgets one day, rules that it
enforces itself, answers that get lost on the way. `GET /payments/books/` shows each effect;
`POST /payments/faults/` breaks it. Settings (environment): SANDBOX_HOME, SANDBOX_PAYMENT_KEY,
SANDBOX_PAYMENT_WEBHOOK_URL, SANDBOX_PAYMENT_WEBHOOK_SECRET, SANDBOX_PUBLIC_URL.
"""

from sandbox.payments.routes import routes
from sandbox.payments.webhooks import run

__all__ = ["routes", "run"]
