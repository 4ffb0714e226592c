"""Settings of the product service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("products", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "products"]

# How long rows are kept
IMPORTS_KEPT_DAYS = env.integer("IMPORTS_KEPT_DAYS", 365, least=1)

# Staff
_VIEW_CATALOG = [f"products.view_{model}" for model in ("category", "product", "variant", "stockitem")]
_VIEW_STOCK = [
    f"products.view_{model}" for model in ("reservation", "reservationline", "stockmovement", "restock", "stockrepair")
]
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [*_VIEW_CATALOG, *_VIEW_STOCK],
    "catalog": [
        *_VIEW_CATALOG,
        "products.view_productimport",
        *_VIEW_STOCK,
        *(f"products.{verb}_{model}" for verb in ("add", "change") for model in ("category", "product", "variant")),
        "products.change_stockitem",
    ],
    "finance": _VIEW_CATALOG,
    "operations": [
        *_VIEW_CATALOG,
        *_VIEW_STOCK,
        "products.change_stockitem",
        "products.mend_stockitem",
        "products.dispatch_reservation",
        "outbox.view_outboxmessage",
        "inbox.view_receivedmessage",
        "inbox.view_failedmessage",
        "inbox.replay_failedmessage",
        "inbox.forget_failedmessage",
        "jobs.*",
    ],
}

# API
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: products", "The product service owns the catalog, prices, stock, search, recommendations."
)

# Product images: the gateway serves this folder at MEDIA_URL
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / "media"))

shared.configure_logs("products", env)
