"""The Celery application of a service: a worker that reads its messages and its jobs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import django
import structlog
from celery import Celery, signals
from celery.beat import EmbeddedService
from celery.worker.consumer.delayed_delivery import DelayedDelivery
from django.apps import apps
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from chassis import heartbeat, metrics, shutdown
from chassis.broker import (
    BrokerSink,
    dead_letter_queue,
    is_amqp,
    jobs_queue,
    messages_queue,
)
from chassis.embedded import redis_transport
from chassis.settings import CHASSIS_APPS
from chassis.watchdog import LIMIT, watchdog

log = structlog.get_logger(__name__)

# We send nothing with an ETA (timers are rows), and a service may not declare the 28 queues that Celery keeps for it.
DelayedDelivery.include_if = lambda self, consumer: False


def souk_celery() -> Celery:
    """The application for the Django project of DJANGO_SETTINGS_MODULE.

    Reads SERVICE_NAME, MESSAGE_HANDLERS (dotted path of the HANDLERS table), BROKER_URL and
    WORKER_RUNS_RELAY_AND_BEAT (the embedded run) from its settings.
    """
    _leave_out_admin_pages()
    django.setup(set_prefix=False)
    from chassis.jobs import schedule

    if not is_amqp(settings.BROKER_URL):
        redis_transport.install()

    # Celery's own care for Django closes every connection around every task; `_check_connections` does as Django does.
    app = Celery(settings.SERVICE_NAME, set_as_current=True, fixups=[])
    app.conf.update(_configuration())
    app.autodiscover_tasks([*CHASSIS_APPS, *settings.JOB_PACKAGES], force=True)
    app.conf.beat_schedule = schedule()
    if settings.WORKER_RUNS_RELAY_AND_BEAT:
        _run_beside_the_worker(app)
    return app


def _leave_out_admin_pages() -> None:
    """A worker shows none and is 10 MB smaller without. Where Django is set up already, somebody may need them."""
    if not apps.ready:
        pages = {"django.contrib.admin": "django.contrib.admin.apps.SimpleAdminConfig"}
        settings.INSTALLED_APPS = [pages.get(app, app) for app in settings.INSTALLED_APPS]


def new_relay(app: Celery) -> Any:
    """The relay of this service, with its sinks."""
    from chassis.outbox.relay import Relay

    return Relay([new_sink(app)])


def new_sink(app: Celery) -> BrokerSink:
    """The way of this service's messages to the broker."""
    return BrokerSink(app, settings.SERVICE_NAME, import_string(settings.MESSAGE_HANDLERS))


def _configuration() -> dict[str, Any]:
    service, url = settings.SERVICE_NAME, settings.BROKER_URL
    handlers: Mapping[str, Any] = import_string(settings.MESSAGE_HANDLERS)
    amqp = is_amqp(url)
    queues = [messages_queue(service, handlers, amqp=amqp), jobs_queue(service, amqp=amqp)]
    return {
        "broker_url": url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_acquire_timeout": 10,
        # Seconds; RabbitMQ and we give each other up after two that were missed.
        "broker_heartbeat": 15,
        "broker_transport_options": (
            {"confirm_publish": True, "read_timeout": 15, "write_timeout": 15, "connect_timeout": 5}
            if amqp
            else redis_transport.options(service)
        ),
        "task_queues": queues,
        "task_default_queue": f"{service}_jobs",
        "task_default_exchange": f"{service}_jobs",
        "task_default_routing_key": f"{service}_jobs",
        "task_create_missing_queues": False,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_acks_on_failure": False,
        "task_reject_on_worker_lost": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
        "beat_scheduler": "chassis.jobs.beat:Scheduler",
    }


def _run_beside_the_worker(app: Celery) -> None:
    """The embedded run: relay and beat as threads of the worker, to save two processes a service."""
    stop = threading.Event()
    beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
    relay = threading.Thread(target=lambda: new_relay(app).forever(stop), name="relay", daemon=True)

    @signals.worker_ready.connect(weak=False)
    def start(**_: object) -> None:
        from chassis.outbox import hints

        threading.Thread(target=hints.listen, args=[stop], name="wakeup", daemon=True).start()
        relay.start()
        beat.start()

    @signals.worker_shutdown.connect(weak=False)
    def end(**_: object) -> None:
        """The relay gives back what it has not sent."""
        stop.set()
        if relay.is_alive():
            relay.join(shutdown.GRACE_SECONDS)


@signals.task_prerun.connect(weak=False)
@signals.task_postrun.connect(weak=False)
def _check_connections(sender: Any, **_: object) -> None:
    """As before and after a request: close what is broken or older than CONN_MAX_AGE, keep the rest."""
    if not sender.request.is_eager:
        close_old_connections()


@signals.worker_init.connect(weak=False)
def _watch(**_: object) -> None:
    watchdog.start(threading.Event(), lambda: heartbeat.beat("worker"))


@signals.worker_init.connect(weak=False)
@signals.beat_init.connect(weak=False)
def _listen(**_: object) -> None:
    metrics.listen()


@signals.worker_shutting_down.connect(weak=False)
def _drain(**_: object) -> None:
    shutdown.exit_within_grace_period()


@signals.task_prerun.connect(weak=False)
def _take_into_hand(sender: Any, **_: object) -> None:
    """A job may take as long as its lease; a message, LIMIT."""
    watchdog.begin(sender.name, limit=max(getattr(sender, "lease", 0.0), LIMIT))


@signals.task_postrun.connect(weak=False)
def _put_down(**_: object) -> None:
    watchdog.done()


@signals.worker_init.connect(weak=False)
def _declare_dead_letters(sender: Any, **_: object) -> None:
    if not is_amqp(settings.BROKER_URL):
        return
    with sender.app.connection_for_write() as connection:
        dead_letter_queue(settings.SERVICE_NAME)(connection.default_channel).declare()
