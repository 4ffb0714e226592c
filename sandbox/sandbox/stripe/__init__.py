"""A stand-in for Stripe: PaymentIntents, refunds, disputes, the page of a browser, signed webhooks.

It keeps records of its own and remembers idempotency keys. Beside Stripe's API: `GET /stripe/books/` shows all objects,
`POST /stripe/faults/` injects faults, `/stripe/webhook-settings/` says how webhooks are sent, `/stripe/pay/<secret>/`
is the payment form, and `/stripe/happens/` is for what happens outside of a shop's requests.
Settings (environment): SANDBOX_HOME, SANDBOX_PUBLIC_URL, STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET,
SANDBOX_STRIPE_WEBHOOK_URL.
"""

from sandbox.stripe.routes import routes
from sandbox.stripe.webhooks import events

run = events.run

__all__ = ["routes", "run"]
