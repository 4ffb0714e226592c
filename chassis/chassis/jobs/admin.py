from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from chassis.admin import ReadOnlyAdmin
from chassis.jobs import status
from chassis.jobs.models import FailedRow, Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("name", "last_started_at", "last_succeeded_at", "last_seconds", "due_at", "failures", "last_error")
    ordering = ("name",)


@admin.register(FailedRow)
class FailedRowAdmin(ReadOnlyAdmin):
    list_display = ("job", "key", "failures", "failed_at", "next_try_at", "error")
    list_filter = ("job",)
    ordering = ("-failed_at",)


def badge(request: HttpRequest) -> list[str] | None:
    """Shown in the head of every admin page to those who may see jobs, while one fails or is late."""
    if not request.user.has_perm("jobs.view_job"):
        return None
    count = len(status.problems(timezone.now()))
    if not count:
        return None
    return [f"{count} {'job needs' if count == 1 else 'jobs need'} attention", "danger"]
