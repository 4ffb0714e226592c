"""Settings of the notification service. `env` is the only reader of the environment; see `.env.example`."""

from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chassis import settings as shared
from chassis.core.env import BadEnvironment, Env
from chassis.seals import Seal

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
common = shared.common("notifications", env, BASE_DIR)
globals().update(common)
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "notifications"]
ASGI_APPLICATION = "notifications.config.asgi.application"
UNFOLD = common["UNFOLD"] | {"ENVIRONMENT": "notifications.admin.badge"}

# How long rows are kept
NOTIFICATIONS_KEPT_DAYS = env.integer("NOTIFICATIONS_KEPT_DAYS", 180, least=1)
LIVE_UPDATES_KEPT_DAYS = env.integer("LIVE_UPDATES_KEPT_DAYS", 30, least=1)

# Mail
#: The shop's name in mails, SMS and pages.
SHOP_NAME = env.text("SHOP_NAME", "Souk")
SHOP_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
STAFF_URL = env.address("STAFF_URL", "http://127.0.0.1:8081").rstrip("/")
#: Decrypts the links in mails, which the user service encrypted with the same keys.
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
#: Origins from which a browser may open a socket; other clients send no origin.
WS_ALLOWED_ORIGINS = env.texts("WS_ALLOWED_ORIGINS") or [SHOP_URL, SHOP_URL.replace("127.0.0.1", "localhost")]
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [common["REDIS_URL"]]}}
}

# Staff
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": [
        *(
            f"notifications.view_{model}"
            for model in ("contact", "notification", "delivery", "preference", "quiettime")
        ),
        "notifications.change_delivery",
        "notifications.give_up_delivery",
    ],
    "catalog": [f"notifications.{verb}_campaign" for verb in ("view", "add", "change", "delete")],
    "operations": ["notifications.*", "inbox.*", "outbox.view_outboxmessage", "jobs.*"],
}

# API
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: notifications", "The notification service owns e-mail, SMS, push, WebSocket, preferences."
)

shared.configure_logs("notifications", env)
