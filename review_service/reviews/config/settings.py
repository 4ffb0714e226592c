"""Settings of the review service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "reviews"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-reviews-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "reviews"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "reviews.config.urls"
WSGI_APPLICATION = "reviews.config.wsgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'reviews.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Search: empty means the database's own
ELASTICSEARCH_URL = env.text("ELASTICSEARCH_URL", "")
ELASTICSEARCH_INDEX = env.text("ELASTICSEARCH_INDEX", "souk-reviews")

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "reviews.config.celery.app"
MESSAGE_HANDLERS = "reviews.events_in.HANDLERS"
PERSONAL_DATA = "reviews.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["reviews"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)

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
    "support": ["reviews.view_review", "reviews.change_review", "reviews.view_report", "reviews.view_purchase"],
    "catalog": ["reviews.view_review", "reviews.view_rating", "reviews.view_product"],
    "operations": ["reviews.*", "inbox.*", "outbox.*", "jobs.*"],
}

# API
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: reviews", "The review service owns reviews, ratings, moderation, review search."
)
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "reviews")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_reviews_session"
SESSION_COOKIE_PATH = "/admin/reviews/"
CSRF_COOKIE_NAME = "souk_reviews_csrf"
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
