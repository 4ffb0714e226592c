"""The settings that all services share. A service's `config/settings.py` adds its own and holds the environment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import dj_database_url

from chassis import __version__, logs, time_limits
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
    "DEFAULT_PARSER_CLASSES": ["chassis.http.parsers.JSONParser"],
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


def common(service: str, env: Env, folder: Path) -> dict[str, Any]:
    """Return the settings that every service has; `folder` is the project's. Raises BadEnvironment."""
    secret_key, former_keys = secret_keys(env, f"for-development-only-{service}-0123456789-0123456789")
    database_url = env.text("DATABASE_URL", f"sqlite:///{folder / service}.sqlite3", unsafe=True)
    broker_url = env.text("BROKER_URL", "redis://127.0.0.1:6379/1", unsafe=True)
    return {
        "SERVICE_NAME": service,
        "VERSION": version(env),
        "SECRET_KEY": secret_key,
        "SECRET_KEY_FALLBACKS": former_keys,
        "DEBUG": debug(env),
        "PRODUCTION": env.production,
        "ALLOWED_HOSTS": allowed_hosts(env),
        "CSRF_TRUSTED_ORIGINS": env.texts("CSRF_TRUSTED_ORIGINS"),
        "MIDDLEWARE": MIDDLEWARE,
        "TEMPLATES": TEMPLATES,
        "ROOT_URLCONF": f"{service}.config.urls",
        "WSGI_APPLICATION": f"{service}.config.wsgi.application",
        # Data
        "DATABASES": {"default": database(database_url)},
        "REDIS_URL": env.text("REDIS_URL", "redis://127.0.0.1:6379/0", unsafe=True),
        # Messages and jobs
        "BROKER_URL": broker_url,
        "CELERY_APP": f"{service}.config.celery.app",
        "MESSAGE_HANDLERS": f"{service}.events_in.HANDLERS",
        "PERSONAL_DATA": f"{service}.commands.privacy.PERSONAL_DATA",
        "JOB_PACKAGES": [service],
        "CELERY_PLUGINS": celery_plugins(env, broker_url),
        "MESSAGES_PER_BATCH": messages_per_batch(env),
        "MESSAGES_KEPT_DAYS": env.integer("MESSAGES_KEPT_DAYS", 7, least=2),
        "PARKED_MESSAGES_KEPT_DAYS": env.integer("PARKED_MESSAGES_KEPT_DAYS", 365, least=30),
        "IDEMPOTENCY_KEYS_KEPT_DAYS": env.integer("IDEMPOTENCY_KEYS_KEPT_DAYS", 7, least=1),
        # Health and discovery
        "METRICS_LISTEN": metrics_listen(env),
        "HEARTBEAT_DIR": heartbeat_dir(env),
        "CONSUL_URL": env.text("CONSUL_URL", ""),
        "CONSUL_TOKEN": env.text("CONSUL_TOKEN", ""),
        "INSTANCE_ADDRESS": env.text("INSTANCE_ADDRESS", ""),
        "LEAVE_SECONDS": env.seconds("LEAVE_SECONDS", 2.5),
        # API
        "JWT_ISSUER": env.text("JWT_ISSUER", "https://souk.example"),
        "JWT_AUDIENCE": env.text("JWT_AUDIENCE", "souk"),
        "REST_FRAMEWORK": REST_FRAMEWORK,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": DATA_UPLOAD_MAX_MEMORY_SIZE,
        # Admin
        "UNFOLD": unfold(env, service),
        "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
        "SESSION_COOKIE_NAME": f"souk_{service}_session",
        "SESSION_COOKIE_PATH": f"/admin/{service}/",
        "CSRF_COOKIE_NAME": f"souk_{service}_csrf",
        "STATIC_URL": "/static/",
        "STATIC_ROOT": env.text("STATIC_ROOT", str(folder / "static")),
        # Security
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SESSION_COOKIE_SECURE": env.production,
        "CSRF_COOKIE_SECURE": env.production,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_SAMESITE": "Strict",
        # Language, time and logs
        "LANGUAGE_CODE": "en-us",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LOGGING_CONFIG": None,
    }


def accounts_of(service: str, env: Env, *, keys: str) -> dict[str, Any]:
    """Return the settings of a service whose accounts another one keeps; `keys` is the default of JWKS_URL."""
    return {
        "AUTH_USER_MODEL": "staff.StaffUser",
        "ADMIN_SITE": "chassis.staff.site.StaffSite",
        "JWKS_URL": env.text("JWKS_URL", keys, unsafe=True),
        **staff_pages(service),
    }


def staff_pages(service: str) -> dict[str, str]:
    """Return the addresses at which staff sign in and out and change their password, in the admin of `service`."""
    return {
        "STAFF_LOGIN_URL": f"/admin/{service}/login/",
        "STAFF_LOGOUT_URL": f"/admin/{service}/logout/",
        "STAFF_ACCOUNT_URL": f"/admin/{service}/password_change/",
    }


def configure_logs(service: str, env: Env) -> None:
    """LOG_LEVEL: the least severe level that is written, as one JSON document per line."""
    logs.configure(service, env.text("LOG_LEVEL", "INFO"), version=version(env))


def version(env: Env) -> str:
    """SOUK_VERSION: the deployed version, shown in logs and metrics."""
    return env.text("SOUK_VERSION", __version__)


def allowed_hosts(env: Env) -> list[str]:
    """ALLOWED_HOSTS, and the host of INSTANCE_ADDRESS. Production refuses `*`."""
    own = env.text("INSTANCE_ADDRESS", "").rpartition(":")[0]
    named = env.texts("ALLOWED_HOSTS", "*", unsafe=True)
    if env.production and "*" in named:
        raise BadEnvironment("ALLOWED_HOSTS must name hosts in production, not *.")
    return [*named, *([own] if own else [])]


def secret_keys(env: Env, default: str) -> tuple[str, list[str]]:
    """SECRET_KEY, and SECRET_KEY_FALLBACKS: former keys, whose signatures are still accepted."""
    former = env.texts("SECRET_KEY_FALLBACKS")
    for key in former:
        env.check_own("SECRET_KEY_FALLBACKS", key, default)
    return env.secret("SECRET_KEY", default), former


def messages_per_batch(env: Env) -> int:
    """MESSAGES_PER_BATCH: how many messages share a transaction at most.

    Most of the saving is there at 20. Twice as many are redelivered, one by one, when their worker dies.
    """
    return env.integer("MESSAGES_PER_BATCH", 50, least=1)


def celery_plugins(env: Env, broker_url: str) -> list[str]:
    """Return the parts of the embedded run: for Redis as the broker, and for WORKER_RUNS_RELAY_AND_BEAT."""
    transport = [] if is_amqp(broker_url) else ["chassis.embedded.redis_transport.install"]
    in_worker = env.flag("WORKER_RUNS_RELAY_AND_BEAT", False)
    return [*transport, *(["chassis.embedded.relay_and_beat.install"] if in_worker else [])]


def is_amqp(url: str) -> bool:
    """Return whether the broker speaks AMQP (RabbitMQ)."""
    return url.startswith(("amqp", "pyamqp"))


def metrics_listen(env: Env) -> str:
    """METRICS_LISTEN: `host:port` where a worker, relay or beat serves its metrics; empty for none."""
    address = env.text("METRICS_LISTEN", "")
    host, _, port = address.rpartition(":")
    if address and not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise BadEnvironment(f"METRICS_LISTEN must be host:port, like 0.0.0.0:9100, not {address!r}.")
    return address


def heartbeat_dir(env: Env) -> str:
    """HEARTBEAT_DIR: the folder for heartbeat files of worker, relay and beat; one folder per container."""
    return env.text("HEARTBEAT_DIR", tempfile.gettempdir())


def debug(env: Env) -> bool:
    """DEBUG. Production refuses it: its error pages show settings and variables to anyone."""
    wanted = env.flag("DEBUG", False)
    if wanted and env.production:
        raise BadEnvironment("DEBUG must be false in production.")
    return wanted


def database(url: str) -> dict[str, Any]:
    """Return an entry of DATABASES for `sqlite:///path`, `postgres://`, `mysql://` or `mongodb://`."""
    if url.startswith("mongodb"):
        name = url.rpartition("/")[2].partition("?")[0]
        limits = time_limits.options("mongodb")
        return {"ENGINE": "django_mongodb_backend", "HOST": url, "NAME": name, "OPTIONS": limits}
    config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    engine = config["ENGINE"]
    config["OPTIONS"] = {**config.get("OPTIONS", {}), **time_limits.options(engine), **_options(engine)}
    if "sqlite" in engine:
        # An open file costs nothing, and saves the PRAGMA statements of each request.
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = False
        config["TEST"] = {"NAME": f"{config['NAME']}.test"}
    return config


def spectacular(title: str, description: str) -> dict[str, Any]:
    """Return SPECTACULAR_SETTINGS for OpenAPI 3.1."""
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
    """Return UNFOLD, the theme of the admin: one look for all services, and a menu of ADMIN_SERVICES."""
    services = env.texts("ADMIN_SERVICES", title)
    return {
        "SITE_TITLE": f"Souk {title}",
        "SITE_HEADER": f"Souk {title}",
        "SITE_SYMBOL": "storefront",
        # The gateway serves this file.
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
            # A checkpoint truncates the write-ahead log to 4 MB.
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
