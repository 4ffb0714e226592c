"""Settings of the payment service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import Env
from payments.config import provider_checks
from payments.domain.methods import WAYS

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("payments", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "payments"]

# How long rows are kept
WEBHOOK_EVENTS_KEPT_DAYS = env.integer("WEBHOOK_EVENTS_KEPT_DAYS", 90, least=7)
RECONCILIATION_RUNS_KEPT_DAYS = env.integer("RECONCILIATION_RUNS_KEPT_DAYS", 3660, least=90)
PROVIDER_CALLS_KEPT_DAYS = env.integer("PROVIDER_CALLS_KEPT_DAYS", 400, least=90)

# Payment providers; see `payments.config.provider_checks` for what must be set together
#: For new payments. The first one is meant by a payment method that names none.
PAYMENT_PROVIDERS = env.providers("PAYMENT_PROVIDERS", "sandbox", among=tuple(WAYS))
#: Where a provider may be used, by ISO 3166; everywhere if it is not named: "paypal=DE AT FR, stripe=DE".
PAYMENT_COUNTRIES = provider_checks.countries(env.texts("PAYMENT_COUNTRIES"))
SANDBOX_PAYMENT_URL = env.text("SANDBOX_PAYMENT_URL", "http://127.0.0.1:8190/payments")
#: Without a key the sandbox is off; production ignores the variable.
SANDBOX_PAYMENT_KEY = "" if env.production else env.text("SANDBOX_PAYMENT_KEY", "sandbox-key")
SANDBOX_PAYMENT_WEBHOOK_SECRET = env.text(
    "SANDBOX_PAYMENT_WEBHOOK_SECRET", "" if env.production else "sandbox-webhook-secret"
)
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
#: For the customer's browser, which fetches it with the ways to pay.
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY", "")
#: Several while one is exchanged for another.
STRIPE_WEBHOOK_SECRET = env.texts("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.address("STRIPE_API_BASE", "https://api.stripe.com", unsafe=False)
PAYPAL_CLIENT_ID = env.text("PAYPAL_CLIENT_ID", "")
PAYPAL_CLIENT_SECRET = env.text("PAYPAL_CLIENT_SECRET", "")
#: PayPal's id of the webhook, which its signatures contain.
PAYPAL_WEBHOOK_ID = env.text("PAYPAL_WEBHOOK_ID", "")
PAYPAL_API_BASE = env.address("PAYPAL_API_BASE", "https://api-m.paypal.com", unsafe=False)
#: Root certificates for the signatures of PayPal's stand-in; production trusts those of all the world only.
PAYPAL_AUTHORITY_FILE = "" if env.production else env.text("PAYPAL_AUTHORITY_FILE", "")
#: The shop's bank account, as customers read it: holder, bank, IBAN.
BANK_TRANSFER_TO = env.text("BANK_TRANSFER_TO", "")
#: Where a provider or a bank sends the customer back to; `{order_id}` is filled in.
PAYMENT_RETURN_URL = env.address("PAYMENT_RETURN_URL", "https://souk.example/account/orders/{order_id}/")
#: Seconds. A call and the lookups before and after it must end within the lease of 60 s.
PAYMENT_TIMEOUT = env.seconds("PAYMENT_TIMEOUT", 5, least=0.1, most=10)
#: Whether to call the provider right after the commit; otherwise the job does it within 5 s.
PAYMENT_CALLS_AT_ONCE = env.flag("PAYMENT_CALLS_AT_ONCE", True)
PAYMENT_CALL_THREADS = env.integer("PAYMENT_CALL_THREADS", 4, least=1, most=64)
#: The most ways to pay that a customer may save, and attempts to save one a day: against card testing.
SAVED_METHODS_MOST = env.integer("SAVED_METHODS_MOST", 10, least=1, most=100)
SAVED_METHOD_SET_UPS_PER_DAY = env.integer("SAVED_METHOD_SET_UPS_PER_DAY", 20, least=1)
provider_checks.check_return_url(PAYMENT_RETURN_URL)
provider_checks.check_transfers(PAYMENT_PROVIDERS, account=BANK_TRANSFER_TO)
provider_checks.check_stripe(
    env,
    PAYMENT_PROVIDERS,
    key=STRIPE_API_KEY,
    publishable_key=STRIPE_PUBLISHABLE_KEY,
    webhook_secrets=STRIPE_WEBHOOK_SECRET,
    base=STRIPE_API_BASE,
)
provider_checks.check_paypal(
    env,
    PAYMENT_PROVIDERS,
    client_id=PAYPAL_CLIENT_ID,
    secret=PAYPAL_CLIENT_SECRET,
    webhook_id=PAYPAL_WEBHOOK_ID,
    base=PAYPAL_API_BASE,
)

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
        "payments.change_providercall",
        "payments.look_up_payment",
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
