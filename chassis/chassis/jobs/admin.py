from __future__ import annotations

from django.contrib import admin

from chassis.admin import ReadOnlyAdmin
from chassis.jobs.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("name", "last_started_at", "last_seconds", "due_at", "last_error")
    ordering = ("name",)
