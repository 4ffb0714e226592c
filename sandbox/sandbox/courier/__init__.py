"""The sandbox courier: two brands, labels, parcels that move by themselves, signed webhooks, a tracking page.

It behaves as the real ones do: an API key, idempotency keys, a clear no for what it does not do, and books of
its own. `GET /courier/books/` shows each effect; `POST /courier/faults/` breaks it. Settings (environment):
SANDBOX_HOME, SANDBOX_PUBLIC_URL, COURIER_API_KEY, COURIER_WEBHOOK_URL, COURIER_WEBHOOK_SECRET, COURIER_STEP_SECONDS.
"""

from sandbox.courier.journey import run
from sandbox.courier.routes import routes

__all__ = ["routes", "run"]
