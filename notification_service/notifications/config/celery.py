"""The worker's application: `celery -A notifications.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifications.config.settings")

app = souk_celery()
