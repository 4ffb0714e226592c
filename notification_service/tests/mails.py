"""Sent mails and their rows."""

from __future__ import annotations

from datetime import timedelta

from django.apps import apps
from django.db.models import F

from notifications.models import Delivery


def later(seconds: int) -> None:
    """Move due times and leases into the past."""
    ago = timedelta(seconds=seconds)
    for name in ("due_at", "leased_until"):
        Delivery.objects.exclude(**{name: None}).update(**{name: F(name) - ago})


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def everything_kept() -> str:
    """Return all columns of all tables as one text."""
    return "".join(str(list(model._base_manager.values())) for model in apps.get_models())
