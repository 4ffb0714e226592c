from __future__ import annotations

from django.contrib import admin

from chassis.admin import EnvelopeAdmin
from chassis.outbox.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(EnvelopeAdmin):
    list_display = ("type", "subject", "created_at", "sent_at", "attempts", "error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter),)
    search_fields = ("subject", "correlation_id", "type")
    ordering = ("-id",)  # as they were recorded
