"""The worker's application: `celery -A payments.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments.config.settings")

app = souk_celery()
