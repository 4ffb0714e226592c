"""Django's own apps with ObjectId keys, and their migrations, for MongoDB.

As in the project template of django-mongodb-backend. Our own tables have UUID keys and need none of it.
"""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig

DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"

MIGRATION_MODULES = {
    "admin": "users.config.mongodb.migrations.admin",
    "auth": "users.config.mongodb.migrations.auth",
    "contenttypes": "users.config.mongodb.migrations.contenttypes",
}

_REPLACED = {
    "django.contrib.admin": "users.config.mongodb.MongoAdminConfig",
    "django.contrib.auth": "users.config.mongodb.MongoAuthConfig",
    "django.contrib.contenttypes": "users.config.mongodb.MongoContentTypesConfig",
}


class MongoAdminConfig(AdminConfig):
    default_auto_field = DEFAULT_AUTO_FIELD


class MongoAuthConfig(AuthConfig):
    default_auto_field = DEFAULT_AUTO_FIELD


class MongoContentTypesConfig(ContentTypesConfig):
    default_auto_field = DEFAULT_AUTO_FIELD


def installed_apps(apps: list[str]) -> list[str]:
    return [_REPLACED.get(app, app) for app in apps]
