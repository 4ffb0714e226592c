"""What reads, admin lists, jobs and metrics of one service cost inside it, as JSON. Runs in the service's folder."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import django

_REPEATS = 40
#: The lists of customers and of everybody, by service.
_LISTS = {
    "products": {
        "list": "/api/v1/products/",
        "list of a category": "/api/v1/products/?category=garden&ordering=price",
        "category tree": "/api/v1/categories/",
        "recommendations": "/api/v1/recommendations/",
    },
    "orders": {"list": "/api/v1/orders/"},
    "payments": {"list": "/api/v1/payments/"},
    "shipping": {"list": "/api/v1/shipments/"},
    "notifications": {"list": "/api/v1/notifications/"},
}
_WORDS = ("lamp", "blue", "oak chair", "folding", "mug", "brass lamp", "classics", "sturdy rug", "ruby", "scarf")


def main() -> None:
    django.setup()
    logging.disable(logging.CRITICAL)
    json.dump({name: _cost(call) for name, call in _calls()}, sys.stdout)


def _cost(call: Callable[[], Any]) -> tuple[float, float]:
    """Return the CPU and the elapsed milliseconds of a call, the least of three rounds."""
    for _ in range(5):
        call()
    rounds = []
    for _ in range(3):
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(_REPEATS):
            call()
        spent = (time.process_time() - cpu, time.perf_counter() - clock)
        rounds.append([1000 * one / _REPEATS for one in spent])
    return min(one[0] for one in rounds), min(one[1] for one in rounds)


def _calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.conf import settings
    from django.contrib import admin
    from django.test import Client
    from django.urls import reverse

    from chassis.seeding import generated_id
    from chassis.staff.middleware import COOKIE
    from testkit import tokens
    from testkit.jobs import all_jobs

    settings.ALLOWED_HOSTS = ["*"]
    settings.JWKS_URL = tokens.write_jwks(Path(tempfile.mkdtemp()) / "jwks.json")
    customer, staff = generated_id("customer", 7), Client()
    staff.cookies[COOKIE] = tokens.staff_cookie(customer)
    client = Client(headers={"Authorization": f"Bearer {tokens.access_token(customer)}"})
    service = os.environ["DJANGO_SETTINGS_MODULE"].partition(".")[0]

    def page(path: str, by: Client = client) -> Callable[[], Any]:
        assert by.get(path).status_code == 200, path
        return lambda: by.get(path)

    for name, path in _LISTS[service].items():
        yield name, page(path)
    if service == "products":
        yield from _of_products(client)
    for model in admin.site._registry:
        if model._meta.app_label == service:
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            yield f"admin list of {model._meta.verbose_name_plural}", page(path, staff)
    for name, job in all_jobs().items():
        if name != "job.work_out_figures":
            yield name, job
    yield "metrics", page("/metrics/service")


def _of_products(client: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.apps import apps

    rows = apps.get_model("products", "Product").objects.order_by("id").values_list("slug", flat=True)
    slugs, words = cycle(rows[:50]), cycle(_WORDS)
    yield "detail", lambda: client.get(f"/api/v1/products/{next(slugs)}/")
    yield "related", lambda: client.get(f"/api/v1/products/{next(slugs)}/related/")
    yield "search", lambda: client.get("/api/v1/products/search/", {"q": next(words)})


if __name__ == "__main__":
    main()
