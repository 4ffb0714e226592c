"""Settings of the shipping service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "shipping"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-shipping-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "shipping"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "shipping.config.urls"
WSGI_APPLICATION = "shipping.config.wsgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'shipping.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "shipping.config.celery.app"
MESSAGE_HANDLERS = "shipping.events_in.HANDLERS"
PERSONAL_DATA = "shipping.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["shipping"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
CARRIER_WEBHOOKS_KEPT_DAYS = env.integer("CARRIER_WEBHOOKS_KEPT_DAYS", 90, least=7)
CARRIER_CALLS_KEPT_DAYS = env.integer("CARRIER_CALLS_KEPT_DAYS", 400, least=90)

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
STAFF_LOGIN_URL = "/admin/users/login/"
STAFF_LOGOUT_URL = "/admin/users/logout/"
STAFF_ACCOUNT_URL = "/admin/users/password_change/"
ADMIN_SITE = "chassis.staff.site.StaffSite"
_SUPPORT = ("view_shipment", "view_trackingevent", "view_carriercall", "book_shipment")
#: What the groups of staff may do here; superusers may do everything.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [f"shipping.{right}" for right in _SUPPORT],
    "operations": ["shipping.*", "outbox.view_outboxmessage", "inbox.*", "jobs.*"],
    "finance": ["shipping.view_shipment", "shipping.view_rate", "shipping.view_ratetable"],
}

# Quotes
#: One or several EC keys in PEM; the last one signs. In development it is made at the first use.
QUOTE_SIGNING_KEY_FILE = env.text(
    "QUOTE_SIGNING_KEY_FILE", str(BASE_DIR.parent / "var" / "shipping" / "quote-signing-key.pem"), unsafe=True
)
QUOTE_SIGNING_KEY_IS_GIVEN = env.production
if env.production and not Path(QUOTE_SIGNING_KEY_FILE).is_file():
    raise BadEnvironment(f"QUOTE_SIGNING_KEY_FILE is {QUOTE_SIGNING_KEY_FILE}, and there is no such file.")
QUOTE_SECONDS = env.integer("QUOTE_SECONDS", 1800, least=1)

# Carrier
#: `manual`: no carrier's account; staff take parcels to a post office and book by hand what becomes of them.
CARRIER_PROVIDER = env.provider("CARRIER_PROVIDER", "sandbox", among=("sandbox", "manual"))
#: Looking and asking must end within the lease of a call, 60 s.
CARRIER_TIMEOUT_SECONDS = env.seconds("CARRIER_TIMEOUT_SECONDS", 5.0, least=0.1, most=25)
#: Threads beside the work at hand that call the carrier and take up webhooks; with 0, jobs do all of it.
CARRIER_THREADS = env.integer("CARRIER_THREADS", 2, most=64)
TRACKING_POLL_SECONDS = env.integer("TRACKING_POLL_SECONDS", 60, least=1)
SANDBOX_URL = env.text("SANDBOX_URL", "http://127.0.0.1:8190").rstrip("/")
COURIER_API_KEY = env.text("COURIER_API_KEY", "" if env.production else "sandbox-courier-key")
COURIER_WEBHOOK_SECRET = env.text("COURIER_WEBHOOK_SECRET", "" if env.production else "sandbox-courier-webhook-secret")
#: Where customers reach the shop: links to return labels begin with it.
PUBLIC_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
#: How long a mailed link opens a return's label without sign-in.
RETURN_LABEL_LINK_SECONDS = env.integer("RETURN_LABEL_LINK_SECONDS", 60 * 24 * 3600)

# API
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = {
    **shared.spectacular(
        "Souk: shipping", "The shipping service owns rates, signed quotes, shipments, labels, carrier tracking."
    ),
    "ENUM_NAME_OVERRIDES": {
        "ShipmentStatus": "shipping.models.SHIPMENT_STATUSES",
        "TrackingStatus": "shipping.models.TRACKING_STATUSES",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "shipping")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_shipping_session"
SESSION_COOKIE_PATH = "/admin/shipping/"
CSRF_COOKIE_NAME = "souk_shipping_csrf"
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
