from django.contrib import admin

from chassis.work.admin import WorkAdmin
from probe import work  # noqa: F401
from probe.models import Task


@admin.register(Task)
class TaskAdmin(WorkAdmin):
    list_display = ("name", *WorkAdmin.list_display)
    ordering = ("due_at",)
