"""The worker's application: `celery -A users.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "users.config.settings")

app = souk_celery()
