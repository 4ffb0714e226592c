import os

from chassis.celery import souk_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "probe.settings")

app = souk_celery()

if os.environ.get("PROBE_HURRY"):
    # Shorter pauses, for tests that repeat a scenario many times.
    from chassis import shutdown
    from chassis.embedded import redis_transport
    from chassis.outbox import relay

    shutdown.GRACE_SECONDS = 2.0
    relay.BROKER_CHECK, relay.SETTLE, redis_transport._BINDINGS_CACHED = 0.5, 1.0, 0.5

if os.environ.get("PROBE_WORK_LIMIT"):
    from chassis import celery
    from chassis.inbox import batches

    celery.LIMIT = batches.LIMIT = float(os.environ["PROBE_WORK_LIMIT"])
