"""Settings of the order service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("orders", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "orders"]

# How long rows are kept
CARTS_KEPT_DAYS = env.integer("CARTS_KEPT_DAYS", 180, least=1)

#: On while a release of notifications runs that reads no step from other events than `order.progressed`.
TELL_OLDER_NOTIFICATIONS = env.flag("TELL_OLDER_NOTIFICATIONS", False)

# The shop's policy
PAYMENT_WINDOW_SECONDS = env.seconds("PAYMENT_WINDOW_SECONDS", 1800, least=1)
#: For a bank transfer in advance; products hold units for seven days at most.
TRANSFER_WINDOW_SECONDS = env.seconds("TRANSFER_WINDOW_SECONDS", 6 * 24 * 3600, least=1, most=6 * 24 * 3600)
STOCK_HOLD_SECONDS = env.seconds("STOCK_HOLD_SECONDS", PAYMENT_WINDOW_SECONDS + 300, least=PAYMENT_WINDOW_SECONDS)
ASK_AGAIN_SECONDS = env.seconds("ASK_AGAIN_SECONDS", 20, least=0.1)
#: `off` for benchmarks, as at the gateway: then none of the limits below applies.
RATE_LIMIT = env.text("RATE_LIMIT", "on") != "off"
PAYMENT_ATTEMPT_WINDOW_SECONDS = env.seconds("PAYMENT_ATTEMPT_WINDOW_SECONDS", 3600)
PAYMENT_ATTEMPTS_PER_ORDER = env.integer("PAYMENT_ATTEMPTS_PER_ORDER", 5, least=1)
PAYMENT_ATTEMPTS_PER_ACCOUNT = env.integer("PAYMENT_ATTEMPTS_PER_ACCOUNT", 15, least=1)
PAYMENT_ATTEMPTS_PER_CLIENT = env.integer("PAYMENT_ATTEMPTS_PER_CLIENT", 60, least=1)
UNPAID_ORDERS_PER_ACCOUNT = env.integer("UNPAID_ORDERS_PER_ACCOUNT", 10, least=1)
UNPAID_ORDERS_PER_CLIENT = env.integer("UNPAID_ORDERS_PER_CLIENT", 60, least=1)
RETURN_WINDOW_SECONDS = env.seconds("RETURN_WINDOW_SECONDS", 30 * 24 * 3600)
RETURN_EXPIRY_SECONDS = env.seconds("RETURN_EXPIRY_SECONDS", 30 * 24 * 3600)
RETURN_INSPECTION = env.flag("RETURN_INSPECTION", False)
REFUND_SHIPPING = env.flag("REFUND_SHIPPING", True)
STANDARD_SHIPPING_CENTS = env.integer("STANDARD_SHIPPING_CENTS", 0)
RETURNS_AUTO_APPROVE = env.flag("RETURNS_AUTO_APPROVE", True)

# Staff
SHIPPING_JWKS_URL = env.text("SHIPPING_JWKS_URL", "http://127.0.0.1:8105/api/v1/shipping/jwks.json", unsafe=True)
_VIEW_ORDERS = [
    f"orders.view_{model}" for model in ("order", "timelineentry", "return", "returnline", "cartline", "catalogvariant")
]
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS = {
    "support": [*_VIEW_ORDERS, "orders.steer_order", "orders.decide_return"],
    "operations": [
        *_VIEW_ORDERS,
        "orders.steer_order",
        "orders.release_order",
        "orders.decide_return",
        "outbox.*",
        "inbox.*",
        "jobs.*",
    ],
    "finance": [*_VIEW_ORDERS, "orders.release_order"],
    "catalog": ["orders.view_catalogproduct", "orders.view_catalogvariant"],
}

# API
SPECTACULAR_SETTINGS = shared.spectacular("Souk: orders", "Carts, orders, the checkout saga, returns.") | {
    "ENUM_NAME_OVERRIDES": {
        "CustomerStatus": "orders.api.serializers.CUSTOMER_STATUS",
        "OrderStatus": "orders.api.serializers.ORDER_STATUS",
        "PaymentStatus": "orders.api.serializers.PAYMENT_STATUS",
        "FulfillmentStatus": "orders.api.serializers.FULFILLMENT_STATUS",
        "ReturnStatus": "orders.api.serializers.RETURN_STATUS",
    }
}

shared.configure_logs("orders", env)
