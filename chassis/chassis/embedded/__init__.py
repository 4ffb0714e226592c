"""The parts that only the run on a bare machine needs. CELERY_PLUGINS names them; no other module imports them."""
