"""Disputes, those that can still be answered first."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.timesince import timeuntil

from chassis.admin import ReadOnlyAdmin, badge_column, money_column
from payments.models import Dispute

STATUS_COLORS = {"needs_response": "danger", "under_review": "warning", "won": "success", "lost": "danger"}


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Disputes. They are answered at the provider; what it decides appears here by itself."""

    list_display = ("provider_id", "payment", "money", "state", "reason", "respond_by", "time_left", "taken")
    list_filter = ("decided", "status")
    list_select_related = ("payment",)
    search_fields = ("provider_id", "payment__number", "payment__order_id")
    ordering = ("decided", "respond_by", "id")

    state = badge_column("status", STATUS_COLORS)
    money = money_column("amount", "amount")
    taken = money_column("taken_amount", "taken")

    @admin.display(description="time left")
    def time_left(self, row: Dispute) -> str:
        if row.decided or row.respond_by is None:
            return ""
        return timeuntil(row.respond_by) if row.respond_by > timezone.now() else "over"
