"""The Celery application of a service: its worker handles the service's messages and jobs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import django
import structlog
from celery import Celery, signals
from celery.worker.consumer.delayed_delivery import DelayedDelivery
from django.apps import apps
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from chassis import heartbeat, metrics, shutdown
from chassis.broker import (
    BrokerSink,
    dead_letter_queue,
    jobs_queue,
    messages_queue,
)
from chassis.settings import CHASSIS_APPS, is_amqp
from chassis.watchdog import LIMIT, watchdog

log = structlog.get_logger(__name__)

# No task has an ETA (timers are rows), and a service may not declare the 28 queues that Celery uses for ETAs.
DelayedDelivery.include_if = lambda self, consumer: False


def souk_celery() -> Celery:
    """Return the application for the Django project of DJANGO_SETTINGS_MODULE.

    Reads SERVICE_NAME, MESSAGE_HANDLERS (dotted path of the HANDLERS table), BROKER_URL and CELERY_PLUGINS (dotted
    paths of functions that take the application) from its settings.
    """
    _leave_out_admin_pages()
    django.setup(set_prefix=False)
    from chassis.jobs import schedule

    # Celery's fixup for Django closes all connections around each task; `_check_connections` does as Django does.
    app = Celery(settings.SERVICE_NAME, set_as_current=True, fixups=[])
    app.conf.update(_configuration())
    app.steps["consumer"].add("chassis.inbox.consumer:Messages")
    app.autodiscover_tasks([*CHASSIS_APPS, *settings.JOB_PACKAGES], force=True)
    app.conf.beat_schedule = schedule()
    for plugin in settings.CELERY_PLUGINS:
        import_string(plugin)(app)
    return app


def _leave_out_admin_pages() -> None:
    """Save 10 MB in a worker, which shows no pages. A process in which Django is set up already keeps them."""
    if not apps.ready:
        pages = {"django.contrib.admin": "django.contrib.admin.apps.SimpleAdminConfig"}
        settings.INSTALLED_APPS = [pages.get(app, app) for app in settings.INSTALLED_APPS]


def new_relay(app: Celery) -> Any:
    """Return the relay of this service, with its sinks."""
    from chassis.outbox.relay import Relay

    return Relay([new_sink(app)])


def new_sink(app: Celery) -> BrokerSink:
    """Return the sink that publishes this service's messages to the broker."""
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
        # Seconds. RabbitMQ and the client each close the connection after two missed heartbeats.
        "broker_heartbeat": 15,
        "broker_transport_options": (
            {"confirm_publish": True, "read_timeout": 15, "write_timeout": 15, "connect_timeout": 5} if amqp else {}
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
        # Jobs that no thread is free for stay with the broker, for another worker. Messages: `chassis.inbox.consumer`.
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
        "beat_scheduler": "chassis.jobs.beat:Scheduler",
    }


@signals.task_prerun.connect(weak=False)
@signals.task_postrun.connect(weak=False)
def _check_connections(sender: Any, **_: object) -> None:
    """Close broken connections and those older than CONN_MAX_AGE, as Django does around a request."""
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
def _begin_work(sender: Any, **_: object) -> None:
    """Limit a job to its lease."""
    watchdog.begin(sender.name, limit=max(getattr(sender, "lease", 0.0), LIMIT))


@signals.task_postrun.connect(weak=False)
def _end_work(**_: object) -> None:
    watchdog.done()


@signals.worker_init.connect(weak=False)
def _declare_dead_letters(sender: Any, **_: object) -> None:
    if not is_amqp(settings.BROKER_URL):
        return
    with sender.app.connection_for_write() as connection:
        dead_letter_queue(settings.SERVICE_NAME)(connection.default_channel).declare()
