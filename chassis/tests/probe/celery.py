import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "probe.settings")

app = souk_celery()
