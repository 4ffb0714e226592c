"""Prometheus metrics that every service has. A service adds counters of its own business to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

HTTP_SECONDS = Histogram(
    "souk_http_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
MESSAGES_RECEIVED = Counter("souk_messages_received_total", "Messages received, by outcome.", ["type", "outcome"])
MESSAGE_SECONDS = Histogram("souk_message_seconds", "Time to handle a message.", ["type"])


@contextmanager
def message_timer(type_: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        MESSAGE_SECONDS.labels(type_).observe(time.perf_counter() - started)


class MetricsMiddleware:
    """Times each request under its route's pattern, so that ids do not multiply the series."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        HTTP_SECONDS.labels(request.method or "", route, response.status_code).observe(time.perf_counter() - started)
        return response


class MessagesCollector(Collector):
    """Outbox lag and dead letters, counted in the database when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from chassis.inbox.models import FailedMessage

        try:
            unsent, age = outbox_lag()
            parked = FailedMessage.objects.exclude(parked_at=None).count()
        except DatabaseError:
            return
        yield GaugeMetricFamily("souk_outbox_unsent", "Messages recorded and not yet sent.", value=unsent)
        yield GaugeMetricFamily("souk_outbox_lag_seconds", "Age of the oldest unsent message.", value=age)
        yield GaugeMetricFamily("souk_dead_letters", "Messages parked after their last try.", value=parked)

    def describe(self) -> list[GaugeMetricFamily]:
        return []


def outbox_lag() -> tuple[int, float]:
    """How many messages are unsent, and the age of the oldest in seconds."""
    from chassis.outbox.models import OutboxMessage

    unsent = OutboxMessage.objects.filter(sent_at=None)
    count = unsent.count()
    oldest = unsent.aggregate(oldest=Min("created_at"))["oldest"] if count else None
    return count, (timezone.now() - oldest).total_seconds() if oldest else 0.0


def view(request: HttpRequest) -> HttpResponse:
    """`/metrics`, on the service's own port only; the gateway does not route it."""
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


REGISTRY.register(MessagesCollector())
