"""Admin classes that all services share."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from chassis import logs


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Staff look; only the system writes. Actions call commands."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class EnvelopeAdmin(ReadOnlyAdmin):
    """A kept message as people may read it: links and tokens that open accounts are hidden, as in the logs."""

    exclude = ("envelope",)
    readonly_fields = ("message",)

    @admin.display(description="message")
    def message(self, row: Any) -> str:
        return format_html("<pre>{}</pre>", readable(row.envelope))


def readable(envelope: str) -> str:
    """The JSON of an envelope in lines, without secrets; what is no JSON as it is, without secrets."""
    try:
        document = json.loads(envelope)
    except ValueError:
        document = envelope
    shown = logs.without_secrets(document)
    return shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
