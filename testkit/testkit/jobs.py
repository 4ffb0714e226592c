"""The jobs of a project, as its worker runs them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import current_app
from django.conf import settings

from chassis.jobs import schedule
from chassis.settings import CHASSIS_APPS


def all_jobs() -> dict[str, Any]:
    """Return the task of each job by name."""
    for package in (*CHASSIS_APPS, *settings.JOB_PACKAGES):
        if find_spec(f"{package}.tasks"):
            import_module(f"{package}.tasks")
    return {name: current_app.tasks[name] for name in schedule()}
