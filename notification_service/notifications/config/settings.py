"""Settings of the notification service. The only module that reads the environment; see `.env.example`."""

from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chassis import logs
from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env
from chassis.sealing import Seal

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

SERVICE_NAME = "notifications"
VERSION = shared.version(env)
SECRET_KEY, SECRET_KEY_FALLBACKS = shared.secret_keys(env, "for-development-only-notifications-0123456789-0123456789")
DEBUG = shared.debug(env)
ALLOWED_HOSTS = shared.allowed_hosts(env)
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "notifications"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "notifications.config.urls"
WSGI_APPLICATION = "notifications.config.wsgi.application"
ASGI_APPLICATION = "notifications.config.asgi.application"

# Data
DATABASES = {
    "default": shared.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'notifications.sqlite3'}", unsafe=True))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True)

# Messages
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
CELERY_APP = "notifications.config.celery.app"
MESSAGE_HANDLERS = "notifications.events_in.HANDLERS"
PERSONAL_DATA = "notifications.commands.privacy.PERSONAL_DATA"
JOB_PACKAGES = ["notifications"]
WORKER_RUNS_RELAY_AND_BEAT = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)

# Signs of life
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)

# How long rows are kept
MESSAGES_KEPT_DAYS = env.integer("MESSAGES_KEPT_DAYS", 7, least=2)
PARKED_MESSAGES_KEPT_DAYS = env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30)
IDEMPOTENCY_KEYS_KEPT_DAYS = env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1)
NOTIFICATIONS_KEPT_DAYS = env.integer("NOTIFICATIONS_KEPT_DAYS", 180, least=1)
LIVE_UPDATES_KEPT_DAYS = env.integer("LIVE_UPDATES_KEPT_DAYS", 30, least=1)

# Mail
#: What the shop calls itself in mails, SMS and pages.
SHOP_NAME = env.text("SHOP_NAME", "Souk")
SHOP_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
STAFF_URL = env.address("STAFF_URL", "http://127.0.0.1:8081").rstrip("/")
#: Opens the secrets of mails, which the service that asks for such a mail has sealed with the same keys.
MAIL_SEAL = Seal(env.secrets("MAIL_TOKEN_KEY", "Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU="), name="MAIL_TOKEN_KEY")
DEFAULT_FROM_EMAIL = env.address("MAIL_FROM", f"{SHOP_NAME} <hello@souk.example>")
SUPPORT_EMAIL = env.address("SUPPORT_EMAIL", "help@souk.example")
#: The right-hand side of every Message-ID.
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 7
_mail_server = urlsplit(env.address("EMAIL_URL", "smtp://127.0.0.1:8191"))
if _mail_server.scheme not in {"smtp", "smtps", "smtp+tls"} or not _mail_server.hostname:
    raise BadEnvironment("EMAIL_URL must be smtp://, smtps:// or smtp+tls:// with a host.")
EMAIL_HOST = _mail_server.hostname
EMAIL_PORT = _mail_server.port or {"smtps": 465, "smtp+tls": 587}.get(_mail_server.scheme, 25)
EMAIL_HOST_USER = unquote(_mail_server.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail_server.password or "")
EMAIL_USE_SSL = _mail_server.scheme == "smtps"
EMAIL_USE_TLS = _mail_server.scheme == "smtp+tls"

# SMS and push
SMS_PROVIDER = env.provider("SMS_PROVIDER", "sandbox", among=("sandbox", "none"))
PUSH_PROVIDER = env.provider("PUSH_PROVIDER", "sandbox", among=("sandbox", "fcm", "none"))
SANDBOX_URL = env.text("SANDBOX_URL", "http://127.0.0.1:8190").rstrip("/")
FCM_CREDENTIALS_FILE = env.text("FCM_CREDENTIALS_FILE", "")
if PUSH_PROVIDER == "fcm" and not Path(FCM_CREDENTIALS_FILE).is_file():
    raise BadEnvironment("PUSH_PROVIDER=fcm needs FCM_CREDENTIALS_FILE, the path of a file.")

# Live updates
#: Web pages from which a browser may open a socket; a client that is no browser sends no origin.
WS_ALLOWED_ORIGINS = env.texts("WS_ALLOWED_ORIGINS") or [SHOP_URL, SHOP_URL.replace("127.0.0.1", "localhost")]
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

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
    "support": [
        *(
            f"notifications.view_{model}"
            for model in ("contact", "notification", "delivery", "preference", "quiettime")
        ),
        "notifications.change_delivery",
    ],
    "catalog": [f"notifications.{verb}_campaign" for verb in ("view", "add", "change", "delete")],
    "operations": ["notifications.*", "inbox.*", "outbox.view_outboxmessage", "jobs.*"],
}

# API
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: notifications", "The notification service owns e-mail, SMS, push, WebSocket, preferences."
)
DATA_UPLOAD_MAX_MEMORY_SIZE = shared.DATA_UPLOAD_MAX_MEMORY_SIZE

# Admin
UNFOLD = {**shared.unfold(env, "notifications"), "ENVIRONMENT": "notifications.admin.badge"}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "souk_notifications_session"
SESSION_COOKIE_PATH = "/admin/notifications/"
CSRF_COOKIE_NAME = "souk_notifications_csrf"
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
