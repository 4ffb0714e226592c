"""A stand-in for PayPal: orders, authorizations, captures, refunds, disputes, the approval page, signed webhooks.

It answers as PayPal's own descriptions say, keeps records of its own, and remembers request ids. Beside PayPal's API:
`GET /paypal/books/` shows each effect and each request, `POST /paypal/faults/` injects faults, and
`/paypal/webhook-settings/` says how webhooks are sent. What happens outside of a shop's requests is under
`/paypal/happens/`: a refund ends, a dispute is opened or settled, an authorization becomes older.
Settings (environment): SANDBOX_HOME, SANDBOX_PUBLIC_URL, PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET, PAYPAL_WEBHOOK_ID,
SANDBOX_PAYPAL_WEBHOOK_URL.
"""

from sandbox.paypal.routes import routes
from sandbox.paypal.webhooks import events

run = events.run

__all__ = ["routes", "run"]
