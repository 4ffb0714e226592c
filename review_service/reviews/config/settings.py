"""Settings of the review service. `env` is the only reader of the environment; see `.env.example`."""

from pathlib import Path

from chassis import settings as shared
from chassis.core.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# See `chassis.settings` for what all services share; the rest of this file is this service's own.
globals().update(shared.common("reviews", env, BASE_DIR))
globals().update(shared.accounts_of("users", env, keys="http://127.0.0.1:8101/.well-known/jwks.json"))
INSTALLED_APPS = [*shared.INSTALLED_APPS, "chassis.staff", "reviews"]

# Search; empty: the search of the database
ELASTICSEARCH_URL = env.text("ELASTICSEARCH_URL", "")
ELASTICSEARCH_INDEX = env.text("ELASTICSEARCH_INDEX", "souk-reviews")

# Staff
#: Permissions of each staff group; superusers have all.
STAFF_GROUPS: dict[str, list[str]] = {
    "support": ["reviews.view_review", "reviews.change_review", "reviews.view_report", "reviews.view_purchase"],
    "catalog": ["reviews.view_review", "reviews.view_rating", "reviews.view_product"],
    "operations": ["reviews.*", "inbox.*", "outbox.*", "jobs.*"],
}

# API
SPECTACULAR_SETTINGS = shared.spectacular(
    "Souk: reviews", "The review service owns reviews, ratings, moderation, review search."
)

shared.configure_logs("reviews", env)
