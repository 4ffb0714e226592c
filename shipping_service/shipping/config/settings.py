"""Settings of the shipping service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("shipping", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "shipping"]

# How long rows are kept
CARRIER_WEBHOOKS_KEPT_DAYS = env.integer("CARRIER_WEBHOOKS_KEPT_DAYS", 90, least=7)
CARRIER_CALLS_KEPT_DAYS = env.integer("CARRIER_CALLS_KEPT_DAYS", 400, least=90)

# Staff
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [
        f"shipping.{permission}"
        for permission in ("view_shipment", "view_trackingevent", "view_carriercall", "book_shipment")
    ],
    "operations": ["shipping.*", "outbox.view_outboxmessage", "inbox.*", "jobs.*"],
    "finance": ["shipping.view_shipment", "shipping.view_rate", "shipping.view_ratetable"],
}

# Quotes
#: One or more EC keys in PEM; the last one signs. In development the file is created at first use.
QUOTE_SIGNING_KEY_FILE = env.text(
    "QUOTE_SIGNING_KEY_FILE", str(BASE_DIR.parent / "var" / "shipping" / "quote-signing-key.pem"), unsafe=True
)
QUOTE_SIGNING_KEY_IS_GIVEN = env.production
if env.production and not Path(QUOTE_SIGNING_KEY_FILE).is_file():
    raise BadEnvironment(f"QUOTE_SIGNING_KEY_FILE is {QUOTE_SIGNING_KEY_FILE}, and there is no such file.")
QUOTE_SECONDS = env.integer("QUOTE_SECONDS", 1800, least=1)

# Carrier
#: `manual`: no account with a carrier; staff mail the parcels and record their progress by hand.
CARRIER_PROVIDER = env.provider("CARRIER_PROVIDER", "sandbox", among=("sandbox", "manual"))
#: A lookup and a call together must end within the lease of a call, 60 s.
CARRIER_TIMEOUT_SECONDS = env.seconds("CARRIER_TIMEOUT_SECONDS", 5.0, least=0.1, most=25)
#: Threads that call the carrier and process webhooks right after the commit; with 0, jobs do all of it.
CARRIER_THREADS = env.integer("CARRIER_THREADS", 2, most=64)
TRACKING_POLL_SECONDS = env.integer("TRACKING_POLL_SECONDS", 60, least=1)
SANDBOX_URL = env.text("SANDBOX_URL", "http://127.0.0.1:8190").rstrip("/")
COURIER_API_KEY = env.text("COURIER_API_KEY", "" if env.production else "sandbox-courier-key")
COURIER_WEBHOOK_SECRET = env.text("COURIER_WEBHOOK_SECRET", "" if env.production else "sandbox-courier-webhook-secret")
#: Address of the shop for customers; links to return labels begin with it.
PUBLIC_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
#: How long a mailed link opens a return label without sign-in.
RETURN_LABEL_LINK_SECONDS = env.integer("RETURN_LABEL_LINK_SECONDS", 60 * 24 * 3600)

# API
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: shipping", "The shipping service owns rates, signed quotes, shipments, labels, carrier tracking."
) | {
    "ENUM_NAME_OVERRIDES": {
        "ShipmentStatus": "shipping.models.SHIPMENT_STATUSES",
        "TrackingStatus": "shipping.models.TRACKING_STATUSES",
    }
}

shared.configure_logs("shipping", env)
