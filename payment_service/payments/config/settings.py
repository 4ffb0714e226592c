"""Settings of the payment service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("payments", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "payments"]

# How long rows are kept
WEBHOOK_EVENTS_KEPT_DAYS = env.integer("WEBHOOK_EVENTS_KEPT_DAYS", 90, least=7)
PROVIDER_CALLS_KEPT_DAYS = env.integer("PROVIDER_CALLS_KEPT_DAYS", 400, least=90)

# Payment providers
PAYMENT_PROVIDER = env.provider("PAYMENT_PROVIDER", "sandbox", among=("sandbox", "stripe"))
SANDBOX_PAYMENT_URL = env.text("SANDBOX_PAYMENT_URL", "http://127.0.0.1:8190/payments")
#: Without a key the sandbox is off; production ignores the variable.
SANDBOX_PAYMENT_KEY = "" if env.production else env.text("SANDBOX_PAYMENT_KEY", "sandbox-key")
SANDBOX_PAYMENT_WEBHOOK_SECRET = env.text(
    "SANDBOX_PAYMENT_WEBHOOK_SECRET", "" if env.production else "sandbox-webhook-secret"
)
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.address("STRIPE_API_BASE", "https://api.stripe.com", unsafe=False)
#: Where Stripe sends the buyer after a further step at the bank.
STRIPE_RETURN_URL = env.address("STRIPE_RETURN_URL", "https://souk.example/orders/")
#: Seconds. A call and the lookups before and after it must end within the lease of 60 s.
PAYMENT_TIMEOUT = env.seconds("PAYMENT_TIMEOUT", 5, least=0.1, most=10)
#: Whether to call the provider right after the commit; otherwise the job does it within 5 s.
PAYMENT_CALLS_AT_ONCE = env.flag("PAYMENT_CALLS_AT_ONCE", True)
PAYMENT_CALL_THREADS = env.integer("PAYMENT_CALL_THREADS", 4, least=1, most=64)
if PAYMENT_PROVIDER == "stripe" and not (STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET):
    raise BadEnvironment("PAYMENT_PROVIDER=stripe needs STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET.")
if env.staging and not STRIPE_API_KEY.startswith(("sk_test_", "rk_test_")):
    raise BadEnvironment("STRIPE_API_KEY is not a test key; staging takes no real money.")
if env.production and not env.staging and not STRIPE_API_KEY.startswith(("sk_live_", "rk_live_")):
    raise BadEnvironment("STRIPE_API_KEY is not a live key; production takes real money.")
if env.production and not STRIPE_API_BASE.startswith("https://"):
    raise BadEnvironment(f"STRIPE_API_BASE is {STRIPE_API_BASE}; production speaks https to its provider.")

# Staff
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS: dict[str, list[str]] = {
    "finance": ["payments.*", "inbox.view_failedmessage"],
    "support": ["payments.view_payment", "payments.view_refund", "payments.view_paymentevent"],
    "operations": [
        "payments.view_payment",
        "payments.view_refund",
        "payments.view_paymentevent",
        "payments.view_providercall",
        "payments.view_webhookevent",
        "payments.change_webhookevent",
        "payments.view_mismatch",
        "inbox.*",
        "outbox.*",
        "jobs.*",
    ],
}

# API
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: payments", "The payment service owns payments, refunds, provider webhooks, reconciliation."
)

shared.configure_logs("payments", env)
