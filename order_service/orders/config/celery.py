"""The worker's application: `celery -A orders.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orders.config.settings")

app = souk_celery()
