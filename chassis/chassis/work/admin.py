"""The list of a table of work: its progress, *try again now* and *give up*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from chassis.admin import ReadOnlyAdmin, actor, permitted
from chassis.work.models import WorkItem
from chassis.work.running import work_table_of

COLORS = {"finished": "success", "given up": "danger", "waiting": "warning"}


class ProgressFilter(admin.SimpleListFilter):
    title, parameter_name = "progress", "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        return ((name, name) for name in COLORS)

    def queryset(self, request: HttpRequest, rows: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
        match self.value():
            case "finished":
                return rows.exclude(finished_at=None)
            case "given up":
                return rows.filter(finished_at=None, due_at=None)
            case "waiting":
                return rows.filter(finished_at=None).exclude(due_at=None)
        return rows


class WorkAdmin(ReadOnlyAdmin):
    """*Try again now* needs `change_<model>`, *give up* `give_up_<model>`, which the model's Meta must name."""

    list_display: tuple[str, ...] = ("progress", "attempts", "due_at", "finished_at", "error")
    list_filter: tuple[Any, ...] = (ProgressFilter,)
    actions: tuple[str, ...] = ("try_again", "give_up")

    @display(description="progress", label=COLORS)
    def progress(self, item: WorkItem) -> str:
        return "finished" if item.finished_at else "waiting" if item.due_at else "given up"

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "change")

    def has_give_up_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "give_up")

    @admin.action(description="Try again now", permissions=["try_again"])
    def try_again(self, request: HttpRequest, items: QuerySet[Any]) -> None:
        work, now = work_table_of(self.model), timezone.now()
        self.run_for_each(request, items, lambda item: work.try_now(item.pk, now=now), done="due now")

    @admin.action(description="Give up", permissions=["give_up"])
    def give_up(self, request: HttpRequest, items: QuerySet[Any]) -> None:
        work, now, error = work_table_of(self.model), timezone.now(), f"given up by {actor(request)}"
        self.run_for_each(request, items, lambda item: work.give_up(item.pk, now=now, error=error), done="given up")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return permitted(request, f"{self.opts.app_label}.{verb}_{self.opts.model_name}")
