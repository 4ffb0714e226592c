"""Routes of every service in addition to its API and admin."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from chassis import metrics
from chassis.http import (
    health,
    openapi,  # noqa: F401  (registers the authentication schemes)
)


def chassis_urls(service: str) -> list[URLPattern]:
    """Return the routes of health, metrics and the OpenAPI document (`/api/v1/schemas/<service>/`)."""
    schema = SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])
    return [
        path("health/live", health.live),
        path("health/ready", health.ready),
        path("metrics", metrics.view),
        path("metrics/process", metrics.process_view),
        path("metrics/service", metrics.service_view),
        path(f"api/v1/schemas/{service}/", schema, name="schema"),
    ]
