"""Settings of the payment service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "payments"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-payments-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "payments"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "payments.config.urls"
WSGI_APPLICATION = "payments.config.wsgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'payments.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "payments.config.celery.app"
MESSAGE_HANDLERS = "payments.events_in.HANDLERS"
PERSONAL_DATA = "payments.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["payments"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
WEBHOOK_EVENTS_KEPT_DAYS = env.integer("WEBHOOK_EVENTS_KEPT_DAYS", 90, least=7)
PROVIDER_CALLS_KEPT_DAYS = env.integer("PROVIDER_CALLS_KEPT_DAYS", 400, least=90)

# Payment providers
PAYMENT_PROVIDER = env.provider("PAYMENT_PROVIDER", "sandbox", among=("sandbox", "stripe"))
SANDBOX_PAYMENT_URL = env.text("SANDBOX_PAYMENT_URL", "http://127.0.0.1:8190/payments")
#: Without a key there is no sandbox: in production not even with the key that `.env.example` shows.
SANDBOX_PAYMENT_KEY = "" if env.production else env.text("SANDBOX_PAYMENT_KEY", "sandbox-key")
SANDBOX_PAYMENT_WEBHOOK_SECRET = env.text(
    "SANDBOX_PAYMENT_WEBHOOK_SECRET", "" if env.production else "sandbox-webhook-secret"
)
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.address("STRIPE_API_BASE", "https://api.stripe.com", unsafe=False)
#: Where Stripe sends the buyer after another step at the bank.
STRIPE_RETURN_URL = env.address("STRIPE_RETURN_URL", "https://souk.example/orders/")
#: Seconds to wait for an answer. A call with its looks before and after must end within its lease of 60 s.
PAYMENT_TIMEOUT = env.seconds("PAYMENT_TIMEOUT", 5, least=0.1, most=10)
#: Call the provider right after the commit; without, the job does within 5 s.
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
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: payments", "The payment service owns payments, refunds, provider webhooks, reconciliation."
)
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "payments")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_payments_session"
SESSION_COOKIE_PATH = "/admin/payments/"
CSRF_COOKIE_NAME = "souk_payments_csrf"
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
