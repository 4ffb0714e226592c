"""The sandbox courier: two brands, labels, parcels that move by themselves, signed webhooks, a tracking page.

It behaves like a real carrier: it requires an API key, remembers idempotency keys, refuses what it does not offer, and
keeps its own records. `GET /courier/books/` shows them; `POST /courier/faults/` injects faults. Settings (environment):
SANDBOX_HOME, SANDBOX_PUBLIC_URL, COURIER_API_KEY, COURIER_WEBHOOK_URL, COURIER_WEBHOOK_SECRET, COURIER_STEP_SECONDS.
"""

from sandbox.courier.journey import run
from sandbox.courier.routes import routes

__all__ = ["routes", "run"]
