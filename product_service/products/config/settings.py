"""Settings of the product service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "products"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-products-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "products"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "products.config.urls"
WSGI_APPLICATION = "products.config.wsgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'products.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "products.config.celery.app"
MESSAGE_HANDLERS = "products.events_in.HANDLERS"
PERSONAL_DATA = "products.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["products"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
IMPORTS_KEPT_DAYS = env.integer("IMPORTS_KEPT_DAYS", 365, least=1)

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
#: What the groups of staff may do here; superusers may do everything.
_SEE_ALL = [f"products.view_{model}" for model in ("category", "product", "variant", "stockitem")]
_SEE_STOCK = [
    f"products.view_{model}" for model in ("reservation", "reservationline", "stockmovement", "restock", "stockrepair")
]
_SEE_IMPORTS = ["products.view_productimport"]
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [*_SEE_ALL, *_SEE_STOCK],
    "catalog": [
        *_SEE_ALL,
        *_SEE_IMPORTS,
        *_SEE_STOCK,
        *(f"products.{verb}_{model}" for verb in ("add", "change") for model in ("category", "product", "variant")),
        "products.change_stockitem",
    ],
    "finance": _SEE_ALL,
    "operations": [
        *_SEE_ALL,
        *_SEE_STOCK,
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
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: products", "The product service owns the catalogue, prices, stock, search, recommendations."
)
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "products")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_products_session"
SESSION_COOKIE_PATH = "/admin/products/"
CSRF_COOKIE_NAME = "souk_products_csrf"
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "static"))

# Pictures: the gateway serves this folder at MEDIA_URL
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / "media"))

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
