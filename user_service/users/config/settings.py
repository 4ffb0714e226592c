"""Settings of the user service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import Env
from chassis.seals import Seal, derived_key
from users.config import mongodb

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
common = shared.common("users", env, BASE_DIR)
globals().update(common)
PRODUCTION = env.production
MIDDLEWARE = ["users.api.token_check.TokenCheck", *shared.MIDDLEWARE]
INSTALLED_APPS = [*shared.INSTALLED_APPS, "users"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if "mongodb" in common["DATABASES"]["default"]["ENGINE"]:
    INSTALLED_APPS = mongodb.installed_apps(INSTALLED_APPS)
    MIGRATION_MODULES = mongodb.MIGRATION_MODULES
    DEFAULT_AUTO_FIELD = mongodb.DEFAULT_AUTO_FIELD

# How long rows are kept
SESSIONS_KEPT_DAYS = env.integer("SESSIONS_KEPT_DAYS", 7, least=1)

# Identity
AUTH_USER_MODEL = "users.User"
#: One PEM file per signing key; see `manage.py rotate_keys`.
JWT_KEYS_DIR = env.text("JWT_KEYS_DIR", str(BASE_DIR.parent / "var" / "jwt-keys"), unsafe=True)
JWKS_URL = ""  # this service verifies tokens with its own keys
#: Encrypts the links in mails for the notification service, which has the same keys.
MAIL_SEAL = Seal(env.secrets("MAIL_TOKEN_KEY", "Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU="), name="MAIL_TOKEN_KEY")
#: Encrypts stored exports. After a change of SECRET_KEY they cannot be read and must be requested again.
EXPORT_SEAL = Seal([derived_key(common["SECRET_KEY"], "exports of personal data")], name="SECRET_KEY")
#: Services that keep personal data; each sends a receipt for an erasure and contributes to an export.
PERSONAL_DATA_SERVICES = env.texts(
    "PERSONAL_DATA_SERVICES",
    # services: personal_data_setting (make registry)
    "users,products,orders,payments,shipping,notifications,reviews",
    # end of services
)
#: Registrations and requests for a mail that one client may make per hour.
SIGN_UPS_PER_CLIENT = env.integer("SIGN_UPS_PER_CLIENT", 300 if env.production else 1_000_000)
ADMIN_SITE = "users.config.site.AccountsSite"
globals().update(shared.staff_pages("users"))
#: Permissions of each staff group; superusers have all. A group has the same name in all services.
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
PASSWORD_HASHERS = ["users.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]

# API
SPECTACULAR_SETTINGS = shared.spectacular("Souk: users", "The user service owns accounts, addresses, tokens, roles.")

shared.configure_logs("users", env)
