"""Settings of the user service. The only module that reads the environment; see `.env.example`."""

from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import Env
from chassis.sealing import Seal, derived_key
from users.config import mongodb

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "users"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-users-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

PRODUCTION = env.production

MIDDLEWARE = ["users.api.token_check.TokenCheck", *shared.MIDDLEWARE]
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "users.config.urls"
WSGI_APPLICATION = "users.config.wsgi.application"

# Data
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'users.sqlite3'}", unsafe=True)
DATABASES = {"default": shared.database(DATABASE_URL)}
INSTALLED_APPS = [*shared.INSTALLED_APPS, "users"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASE_URL.startswith("mongodb"):
    INSTALLED_APPS = mongodb.installed_apps(INSTALLED_APPS)
    MIGRATION_MODULES = mongodb.MIGRATION_MODULES
    DEFAULT_AUTO_FIELD = mongodb.DEFAULT_AUTO_FIELD
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "users.config.celery.app"
MESSAGE_HANDLERS = "users.events_in.HANDLERS"
PERSONAL_DATA = "users.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["users"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
SESSIONS_KEPT_DAYS = env.integer("SESSIONS_KEPT_DAYS", 7, least=1)

# Discovery
CONSUL_URL = env.text("CONSUL_URL", "")
CONSUL_TOKEN = env.text("CONSUL_TOKEN", "")
INSTANCE_ADDRESS = env.text("INSTANCE_ADDRESS", "")
LEAVE_SECONDS = env.seconds("LEAVE_SECONDS", 2.5)

# Identity
AUTH_USER_MODEL = "users.User"
#: One PEM file a signing key; see `manage.py rotate_keys`.
JWT_KEYS_DIR = env.text("JWT_KEYS_DIR", str(BASE_DIR.parent / "var" / "jwt-keys"), unsafe=True)
JWKS_URL = ""  # this service verifies by its own keys
JWT_ISSUER = env.text("JWT_ISSUER", "https://souk.example")
JWT_AUDIENCE = env.text("JWT_AUDIENCE", "souk")
#: Seals the secrets of mails for the service that sends them, which has the same keys.
MAIL_SEAL = Seal(env.secrets("MAIL_TOKEN_KEY", "Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU="), name="MAIL_TOKEN_KEY")
#: Exports lie sealed; with another SECRET_KEY those that lie there cannot be opened, and are asked for anew.
EXPORT_SEAL = Seal([derived_key(SECRET_KEY, "exports of personal data")], name="SECRET_KEY")
#: Services that keep personal data: each sends a receipt for an erasure and contributes to an export.
PERSONAL_DATA_SERVICES = env.texts(
    "PERSONAL_DATA_SERVICES",
    # services: personal_data_setting (make registry)
    "users,products,orders,payments,shipping,notifications,reviews",
    # end of services
)
#: Registrations and requests for a mail, an hour and client, before the next ones must wait.
SIGN_UPS_PER_CLIENT = env.integer("SIGN_UPS_PER_CLIENT", 300 if env.production else 1_000_000)
STAFF_LOGIN_URL = "/admin/users/login/"
STAFF_LOGOUT_URL = "/admin/users/logout/"
STAFF_ACCOUNT_URL = "/admin/users/password_change/"
ADMIN_SITE = "users.config.site.AccountsSite"
_SUPPORT = ("view_user", "change_user", "view_address", "view_session", "change_session")
#: What the groups of staff may do here; superusers may do everything. A group exists in all services by its name.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [
        "users.view_user",
        "users.change_user",
        "users.view_address",
        "users.view_session",
        "users.change_session",
        "users.view_erasurerequest",
        "users.view_erasurereceipt",
    ],
    "operations": [
        "outbox.view_outboxmessage",
        "inbox.*",
        "jobs.*",
        "users.view_user",
        "users.view_session",
        "users.view_erasurerequest",
        "users.change_erasurerequest",
        "users.view_erasurereceipt",
    ],
    "catalog": [],
    "finance": ["users.view_user"],
}
PASSWORD_HASHERS = ["users.providers.hashing.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]

# API
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular("Souk: users", "The user service owns accounts, addresses, tokens, roles.")
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = shared.unfold(env, "users")
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_users_session"
SESSION_COOKIE_PATH = "/admin/users/"
CSRF_COOKIE_NAME = "souk_users_csrf"
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
