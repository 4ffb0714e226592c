"""The worker's application: `celery -A shipping.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipping.config.settings")

app = souk_celery()
