"""A small Souk project for the tests of the chassis. DATABASE_URL, BROKER_URL and REDIS_URL choose the engines."""

import tempfile
import zlib
from pathlib import Path

from chassis import logs
from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent
SETTINGS_MODULE = "probe.settings"
#: `PROBE_SERVICE`: the fault tests run several services at once.
SERVICE_NAME = env.text("PROBE_SERVICE", "probe")
SECRET_KEY = "only-for-tests-0123456789-0123456789-0123456789"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "probe"]
MIDDLEWARE = shared.MIDDLEWARE
TEMPLATES = shared.TEMPLATES
ROOT_URLCONF = "probe.urls"
#: Each checkout has its own file, so that the suites of two can run at the same time.
DATABASE_FILE = Path(tempfile.gettempdir()) / f"souk-probe-{zlib.crc32(bytes(BASE_DIR)):08x}.sqlite3"
DATABASES = {"default": shared.database(env.text("DATABASE_URL", f"sqlite:///{DATABASE_FILE}"))}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:1/0")
BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:1/1")
CELERY_APP = "probe.celery.app"
MESSAGE_HANDLERS = env.text("PROBE_HANDLERS", "probe.events_in.HANDLERS")
PERSONAL_DATA = "probe.events_in.PERSONAL_DATA"
JOB_PACKAGES: list[str] = []
CELERY_PLUGINS = shared.celery_plugins(env, BROKER_URL)
METRICS_LISTEN = shared.metrics_listen(env)
HEARTBEAT_DIR = shared.heartbeat_dir(env)
MESSAGES_PER_BATCH = shared.messages_per_batch(env)
MESSAGES_KEPT_DAYS = IDEMPOTENCY_KEYS_KEPT_DAYS = 7
PARKED_MESSAGES_KEPT_DAYS = 365
AUTH_USER_MODEL = "staff.StaffUser"
JWKS_URL = env.text("JWKS_URL", "file:///nowhere")
JWT_ISSUER = "https://souk.example"
JWT_AUDIENCE = "souk"
STAFF_LOGIN_URL = "/admin/users/login/"
STAFF_LOGOUT_URL = "/admin/users/logout/"
STAFF_ACCOUNT_URL = "/admin/users/password_change/"
ADMIN_SITE = "chassis.staff.site.StaffSite"
STAFF_GROUPS = {
    "support": ["inbox.view_failedmessage"],
    "operations": ["inbox.*", "probe.*"],
    "auditors": ["probe.view_task"],
}
REST_FRAMEWORK = shared.REST_FRAMEWORK
SPECTACULAR_SETTINGS = shared.spectacular("Souk: probe", "For the tests of the chassis.")
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
STATIC_URL = "/static/"
USE_TZ = True
LOGGING_CONFIG = None
VERSION = shared.version(env)
logs.configure(SERVICE_NAME, version=VERSION)
