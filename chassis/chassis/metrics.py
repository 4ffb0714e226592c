"""Prometheus metrics of every service. A service adds counters of its own.

The default registry has the counters of one process. `SERVICE` has what is read from the database and is the same for
all processes of a service, so that a sum over processes does not count it several times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

log = structlog.get_logger(__name__)

HTTP_SECONDS = Histogram(
    "souk_http_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
MESSAGES_RECEIVED = Counter("souk_messages_received_total", "Messages received, by outcome.", ["type", "outcome"])
MESSAGE_SECONDS = Histogram("souk_message_seconds", "Time to handle a message.", ["type"])
BATCH_SIZE = Histogram(
    "souk_messages_batch_size",
    "Messages handled together. Sum by count is the mean size; the sum is the number of messages that arrived.",
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
CPU_SECONDS = Counter("souk_cpu_seconds_total", "CPU time of the worker's threads, by what they do.", ["part"])
JOB_RUNS = Counter("souk_job_runs_total", "Runs of scheduled jobs, by outcome.", ["job", "outcome"])
ROWS_FAILED = Counter("souk_job_rows_failed_total", "Rows that a job could not handle.", ["job"])

BUILD = Info("souk_build", "Which version of which service this process runs.")

SERVICE = CollectorRegistry()

_listening = threading.Lock()


@contextmanager
def message_timer(type_: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        MESSAGE_SECONDS.labels(type_).observe(time.perf_counter() - started)


@contextmanager
def cpu_timer(part: str) -> Iterator[None]:
    """Count the CPU time of this thread. The handlers' time is a part of the inbox's."""
    started = time.thread_time()
    try:
        yield
    finally:
        CPU_SECONDS.labels(part).inc(time.thread_time() - started)


class MetricsMiddleware:
    """Times each request by the pattern of its route, so that ids do not multiply the series."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        HTTP_SECONDS.labels(request.method or "", route, response.status_code).observe(time.perf_counter() - started)
        return response


class DatabaseCollector(Collector):
    """Metrics that a scrape reads from the database; none while it is unavailable."""

    def collect(self) -> Iterator[Metric]:
        try:
            yield from list(self.families())
        except DatabaseError:
            return

    def describe(self) -> list[Metric]:
        return []

    def families(self) -> Iterator[Metric]:
        """Read the metrics in a number of rows that does not grow with the tables."""
        raise NotImplementedError


class MessagesCollector(DatabaseCollector):
    """Outbox lag, retries and dead letters."""

    def families(self) -> Iterator[Metric]:
        from chassis.inbox.models import FailedMessage

        unsent, age = outbox_lag()
        retries = FailedMessage.objects.exclude(next_try_at=None).count()
        parked = FailedMessage.objects.exclude(parked_at=None).count()
        yield GaugeMetricFamily("souk_outbox_unsent", "Messages recorded and not yet sent.", value=unsent)
        yield GaugeMetricFamily("souk_outbox_lag_seconds", "Age of the oldest unsent message.", value=age)
        yield GaugeMetricFamily("souk_inbox_retries", "Messages that failed and will be tried again.", value=retries)
        yield GaugeMetricFamily("souk_dead_letters", "Messages parked after their last try.", value=parked)


class JobsCollector(DatabaseCollector):
    """Jobs that fail, are late, or leave rows behind."""

    def families(self) -> Iterator[Metric]:
        from chassis.jobs import status

        failing = GaugeMetricFamily("souk_job_failing", "Whether the job's last run failed.", labels=["job"])
        late = GaugeMetricFamily("souk_job_late_seconds", "How long the job has been due.", labels=["job"])
        rows = GaugeMetricFamily("souk_job_rows_waiting", "Rows that failed and wait for another try.", labels=["job"])
        for one in status.jobs(timezone.now()):
            failing.add_metric([one.name], float(one.failing))
            late.add_metric([one.name], one.late.total_seconds())
            rows.add_metric([one.name], one.rows)
        yield from (failing, late, rows)


def outbox_lag() -> tuple[int, float]:
    """Return the number of unsent messages and the age of the oldest in seconds."""
    from chassis.outbox.models import OutboxMessage

    unsent = OutboxMessage.objects.filter(sent_at=None)
    count = unsent.count()
    oldest = unsent.aggregate(oldest=Min("created_at"))["oldest"] if count else None
    return count, (timezone.now() - oldest).total_seconds() if oldest else 0.0


def view(request: HttpRequest) -> HttpResponse:
    """Answer `/metrics` with all metrics, for a service of one web process. On the service's own port only."""
    return _text(generate_latest(REGISTRY) + generate_latest(SERVICE))


def process_view(request: HttpRequest) -> HttpResponse:
    """Answer `/metrics/process` with the counters of this process; scrape each process."""
    return _text(generate_latest(REGISTRY))


def service_view(request: HttpRequest) -> HttpResponse:
    """Answer `/metrics/service` with metrics from the database; scrape once per service, from any process."""
    return _text(generate_latest(SERVICE))


def listen() -> None:
    """Serve the counters of a worker, relay or beat at METRICS_LISTEN, as a web process does at `/metrics/process`.

    Relay and beat may run in the worker; the first call listens for all.
    """
    if settings.METRICS_LISTEN and _listening.acquire(blocking=False):
        host, _, port = settings.METRICS_LISTEN.rpartition(":")
        start_http_server(int(port), host)
        log.info("metrics_listen", address=settings.METRICS_LISTEN)


def _text(metrics: bytes) -> HttpResponse:
    return HttpResponse(metrics, content_type=CONTENT_TYPE_LATEST)


SERVICE.register(MessagesCollector())
SERVICE.register(JobsCollector())
