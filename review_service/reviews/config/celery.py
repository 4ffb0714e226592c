"""The worker's application: `celery -A reviews.config.celery worker`."""

import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviews.config.settings")

app = souk_celery()
