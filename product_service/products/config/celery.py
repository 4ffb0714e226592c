"""The worker's application: `celery -A products.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "products.config.settings")

app = souk_celery()
