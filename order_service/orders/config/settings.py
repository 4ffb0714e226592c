"""Settings of the order service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "orders"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-orders-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "orders"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "orders.config.urls"
WSGI_APPLICATION = "orders.config.wsgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'orders.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "orders.config.celery.app"
MESSAGE_HANDLERS = "orders.events_in.HANDLERS"
PERSONAL_DATA = "orders.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["orders"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
CARTS_KEPT_DAYS = env.integer("CARTS_KEPT_DAYS", 180, least=1)

# The shop's policy
PAYMENT_WINDOW_SECONDS = env.seconds("PAYMENT_WINDOW_SECONDS", 1800, least=1)
STOCK_HOLD_SECONDS = env.seconds("STOCK_HOLD_SECONDS", PAYMENT_WINDOW_SECONDS + 300, least=PAYMENT_WINDOW_SECONDS)
ASK_AGAIN_SECONDS = env.seconds("ASK_AGAIN_SECONDS", 20, least=0.1)
#: `off` for benchmarks, as at the gateway: then nothing below is counted.
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

# Discovery
CONSUL_URL = env.text("CONSUL_URL", "")
CONSUL_TOKEN = env.text("CONSUL_TOKEN", "")
INSTANCE_ADDRESS = env.text("INSTANCE_ADDRESS", "")
LEAVE_SECONDS = env.seconds("LEAVE_SECONDS", 2.5)

# Identity
AUTH_USER_MODEL = "staff.StaffUser"
JWKS_URL = env.text("JWKS_URL", "http://127.0.0.1:8101/.well-known/jwks.json", unsafe=True)
JWT_ISSUER = env.text("JWT_ISSUER", "https://souk.example")
JWT_AUDIENCE = env.text("JWT_AUDIENCE", "souk")
SHIPPING_JWKS_URL = env.text("SHIPPING_JWKS_URL", "http://127.0.0.1:8105/api/v1/shipping/jwks.json", unsafe=True)
STAFF_LOGIN_URL = "/admin/users/login/"
STAFF_LOGOUT_URL = "/admin/users/logout/"
STAFF_ACCOUNT_URL = "/admin/users/password_change/"
ADMIN_SITE = "chassis.staff.site.StaffSite"
VIEW_ORDERS = [
    f"orders.view_{model}" for model in ("order", "timelineentry", "return", "returnline", "cartline", "catalogvariant")
]
#: What the groups of staff may do here; superusers may do everything.
STAFF_GROUPS = {
    "support": [*VIEW_ORDERS, "orders.steer_order", "orders.decide_return"],
    "operations": [*VIEW_ORDERS, "orders.steer_order", "orders.decide_return", "outbox.*", "inbox.*", "jobs.*"],
    "finance": VIEW_ORDERS,
    "catalog": ["orders.view_catalogproduct", "orders.view_catalogvariant"],
}

# API
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular("Souk: orders", "Carts, orders, the checkout saga, returns.") | {
    "ENUM_NAME_OVERRIDES": {
        "CustomerStatus": "orders.api.serializers.CUSTOMER_STATUS",
        "OrderStatus": "orders.api.serializers.ORDER_STATUS",
        "PaymentStatus": "orders.api.serializers.PAYMENT_STATUS",
        "FulfillmentStatus": "orders.api.serializers.FULFILLMENT_STATUS",
        "ReturnStatus": "orders.api.serializers.RETURN_STATUS",
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "orders")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_orders_session"
SESSION_COOKIE_PATH = "/admin/orders/"
CSRF_COOKIE_NAME = "souk_orders_csrf"
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "static"))

# Security
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.production
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"

# Language and time
LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = None
logs.configure(SERVICE_NAME, env.text("LOG_LEVEL", "INFO"), version=VERSION)
