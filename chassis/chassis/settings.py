"""Building blocks for a service's `config/settings.py`, which stays the only reader of the environment."""

from __future__ import annotations

import tempfile
from typing import Any

import dj_database_url

from chassis import __version__, patience
from chassis.core.env import BadEnvironment, Env

CHASSIS_APPS = [
    "chassis.outbox",
    "chassis.inbox",
    "chassis.jobs",
    "chassis.idempotency",
    "chassis.revocation",
    "chassis.privacy",
]

INSTALLED_APPS = [
    "chassis.staff.theme.ThemeConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *CHASSIS_APPS,
]

MIDDLEWARE = [
    "chassis.http.middleware.RequestMiddleware",
    "chassis.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "chassis.http.middleware.AddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chassis.staff.middleware.StaffMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chassis.http.parameters.ParameterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chassis.http.authentication.BearerAuthentication",
        "chassis.http.authentication.StaffAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["chassis.http.parsing.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PAGINATION_CLASS": "chassis.http.api.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "chassis.http.openapi.Schema",
    "EXCEPTION_HANDLER": "chassis.http.problems.exception_handler",
    "PAGE_SIZE": 20,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

#: Half a megabyte is far more than any of our JSON bodies.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024


def version(env: Env) -> str:
    """SOUK_VERSION: what is deployed, as logs and metrics tell it."""
    return env.text("SOUK_VERSION", __version__)


def allowed_hosts(env: Env) -> list[str]:
    """ALLOWED_HOSTS: what is named there, and the address under which Consul and the gateway know this process."""
    own = env.text("INSTANCE_ADDRESS", "").rpartition(":")[0]
    named = env.texts("ALLOWED_HOSTS", "*", unsafe=True)
    if env.production and "*" in named:
        raise BadEnvironment("ALLOWED_HOSTS must name hosts in production, not *.")
    return [*named, *([own] if own else [])]


def secret_keys(env: Env, default: str) -> tuple[str, list[str]]:
    """SECRET_KEY and SECRET_KEY_FALLBACKS: what a former key signed is good until that key is taken out."""
    former = env.texts("SECRET_KEY_FALLBACKS")
    for key in former:
        env.check_own("SECRET_KEY_FALLBACKS", key, default)
    return env.secret("SECRET_KEY", default), former


def metrics_listen(env: Env) -> str:
    """METRICS_LISTEN: `host:port` at which a worker, relay or beat answers scrapes; empty for none."""
    address = env.text("METRICS_LISTEN", "")
    host, _, port = address.rpartition(":")
    if address and not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise BadEnvironment(f"METRICS_LISTEN must be host:port, like 0.0.0.0:9100, not {address!r}.")
    return address


def heartbeat_dir(env: Env) -> str:
    """HEARTBEAT_DIR: where worker, relay and beat leave their signs of life; one folder a container."""
    return env.text("HEARTBEAT_DIR", tempfile.gettempdir())


def debug(env: Env) -> bool:
    """DEBUG; never in production: its pages show settings and variables to whoever meets an error."""
    wanted = env.flag("DEBUG", False)
    if wanted and env.production:
        raise BadEnvironment("DEBUG must be false in production.")
    return wanted


def database(url: str) -> dict[str, Any]:
    """One entry of DATABASES for `sqlite:///path`, `postgres://`, `mysql://` or `mongodb://`."""
    if url.startswith("mongodb"):
        name = url.rpartition("/")[2].partition("?")[0]
        limits = patience.options("mongodb")
        return {"ENGINE": "django_mongodb_backend", "HOST": url, "NAME": name, "OPTIONS": limits}
    config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    engine = config["ENGINE"]
    config["OPTIONS"] = {**config.get("OPTIONS", {}), **patience.options(engine), **_options(engine)}
    if "sqlite" in engine:
        # An in-process file: keeping it open costs nothing and saves a PRAGMA round per request.
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = False
        config["TEST"] = {"NAME": f"{config['NAME']}.test"}
    return config


def spectacular(title: str, description: str) -> dict[str, Any]:
    """SPECTACULAR_SETTINGS: OpenAPI 3.1."""
    return {
        "TITLE": title,
        "DESCRIPTION": description,
        "VERSION": "1.0.0",
        "OAS_VERSION": "3.1.1",
        "SERVE_INCLUDE_SCHEMA": False,
        "SCHEMA_PATH_PREFIX": "/api/v1",
        "COMPONENT_SPLIT_REQUEST": True,
        "DEFAULT_GENERATOR_CLASS": "chassis.http.openapi.Generator",
        "SWAGGER_UI_DIST": "SIDECAR",
    }


def unfold(env: Env, title: str) -> dict[str, Any]:
    """Return UNFOLD, the admin's theme: the same look in all services, with a menu of ADMIN_SERVICES."""
    services = env.texts("ADMIN_SERVICES", title)
    return {
        "SITE_TITLE": f"Souk {title}",
        "SITE_HEADER": f"Souk {title}",
        "SITE_SYMBOL": "storefront",
        # The gateway's own file: each admin is seen behind it.
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: "/pages/souk.svg"}],
        "SITE_URL": "/",
        "SHOW_HISTORY": True,
        "ENVIRONMENT": "chassis.jobs.admin.badge",
        "SITE_DROPDOWN": [{"title": name.capitalize(), "link": f"/admin/{name}/"} for name in services],
    }


def _options(engine: str) -> dict[str, Any]:
    if "sqlite" in engine:
        return {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # The write-ahead log is cut back to 4 MB after a checkpoint.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;"
            " PRAGMA journal_size_limit=4194304;",
        }
    if "mysql" in engine:
        return {
            "isolation_level": "read committed",
            "charset": "utf8mb4",
            "init_command": "SET sql_mode='TRADITIONAL', innodb_lock_wait_timeout=10",
        }
    return {}
